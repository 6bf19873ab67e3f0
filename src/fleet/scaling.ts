import { GUEST_DEFAULTS, type TemplateSpec } from "../model/fleet.ts";
import { SCALING_DEFAULTS, type ScalingPolicy } from "../model/scaling.ts";
import type { PolicyItem, TemplateItem } from "./document.ts";

/** Its allocation has amounts that may be wrong, and is for whoever tells of that. */
export function templateOf(item: TemplateItem): Omit<TemplateSpec, "allocation"> {
  const { flavor, flavors = flavor === undefined ? [] : [flavor], image } = item;
  return {
    flavors,
    image,
    priority: item.priority ?? GUEST_DEFAULTS.priority,
    maxRestarts: item.maxRestarts ?? GUEST_DEFAULTS.maxRestarts,
    maxRelocations: item.maxRelocations ?? GUEST_DEFAULTS.maxRelocations,
    readyAfterSeconds: item.readyAfterSeconds ?? GUEST_DEFAULTS.readyAfterSeconds,
    preemptible: item.preemptible ?? GUEST_DEFAULTS.preemptible,
    securityGroups: item.securityGroups ?? GUEST_DEFAULTS.securityGroups,
  };
}

export function policyOf(item: PolicyItem): ScalingPolicy {
  switch (item.kind) {
    case "TARGET_TRACKING":
      return { ...item, scaleOutOnly: item.scaleOutOnly ?? false };
    case "STEP":
      return {
        ...item,
        steps: item.steps.map(({ from = null, below = null, change }) => ({ from, below, change })),
      };
    case "PREDICTIVE":
      return { ...item, mode: item.mode ?? SCALING_DEFAULTS.mode };
    case "SCHEDULED": {
      const { min = null, max = null, desired = null } = item;
      return { ...item, timeZone: item.timeZone ?? SCALING_DEFAULTS.timeZone, min, max, desired };
    }
  }
}
