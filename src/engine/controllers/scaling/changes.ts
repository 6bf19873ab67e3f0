import type { ScalingGroup } from "../../../model/entities.ts";
import type { State } from "../../state.ts";
import { differences } from "../fleet/plan.ts";
import type { NewGroup } from "./commands.ts";

/** What differs between a group and what it is to be, with names for ids. */
export function changesOf(state: State, old: ScalingGroup, to: NewGroup): string[] {
  return differences(shown(state, old), shown(state, to));
}

function shown({ tables }: State, group: NewGroup) {
  const { template, zoneIds, policies, demand } = group;
  const { flavorIds, imageId, securityGroupIds, ...rest } = template;
  return {
    flavors: flavorIds.map((id) => tables.Flavor.find(id)?.name),
    image: tables.Image.find(imageId)?.name,
    securityGroups: securityGroupIds?.map((id) => tables.SecurityGroup.find(id)?.name) ?? null,
    ...rest,
    min: group.min,
    max: group.max,
    desired: group.desired,
    zones: zoneIds.map((id) => tables.Zone.find(id)?.name),
    policies,
    terminationPolicy: group.terminationPolicy,
    cooldownSeconds: group.cooldownSeconds,
    warmUpSeconds: group.warmUpSeconds,
    scaleInAfterSeconds: group.scaleInAfterSeconds,
    unhealthyAfterSeconds: group.unhealthyAfterSeconds,
    healthCheck: group.healthCheck,
    lifecycleHooks: group.lifecycleHooks,
    demand,
  };
}
