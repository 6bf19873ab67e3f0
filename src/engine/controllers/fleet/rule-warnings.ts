import type { AffinityRule, Host } from "../../../model/entities.ts";
import type { FleetSpec } from "../../../model/fleet.ts";
import type { Problem } from "../../../model/rejections.ts";
import { addResources, NO_RESOURCES, type Resources } from "../../../model/resources.ts";
import { offeredBy } from "../../../model/settings.ts";
import { isInForce } from "../../placement/rule-index.ts";
import type { State } from "../../state.ts";
import { reasonsOf } from "../contradictions/contradictions.ts";

/** Nobody reads more. */
const WARNINGS_MAX = 100;

/**
 * Strict rules of the document that are accepted and can't be obeyed, told when they are written and
 * not discovered when a host is lost: those that contradict each other, and those whose guests no
 * host is large enough for even when it is empty. The state is the fleet as the document leaves it.
 */
export function ruleWarnings(state: State, spec: FleetSpec): Problem[] {
  const warnings: Problem[] = [];
  for (const { name, path } of spec.affinityRules) {
    const rule = state.tables.AffinityRule.find(state.names.affinityRule.find(name) ?? 0);
    if (!rule?.strict || rule.disabled) continue;
    for (const message of warningsOf(state, rule)) warnings.push({ path, message });
    if (warnings.length >= WARNINGS_MAX) break;
  }
  return warnings.slice(0, WARNINGS_MAX);
}

function warningsOf(state: State, rule: AffinityRule): string[] {
  if (!isInForce(rule))
    return reasonsOf(state, rule).map(
      ({ message }) => `Rule ${rule.name} is not obeyed: ${message}.`,
    );
  if (rule.kind === "HOST") return tooSmallHosts(state, rule);
  if (rule.polarity === "TOGETHER" && rule.scope === "HOST") return tooMuchCompany(state, rule);
  return [];
}

function tooSmallHosts(state: State, rule: AffinityRule): string[] {
  const hosts = rule.hosts.map(({ hostId }) => state.tables.Host.get(hostId));
  return rule.guestIds
    .map((id) => state.tables.Guest.get(id))
    .filter(({ resources }) => !hosts.some((host) => holds(state, host, resources)))
    .map(({ name }) => `Rule ${rule.name}: none of its hosts is large enough for guest ${name}.`);
}

function tooMuchCompany(state: State, rule: AffinityRule): string[] {
  const need = rule.guestIds
    .map((id) => state.tables.Guest.get(id).resources)
    .reduce(addResources, NO_RESOURCES);
  for (const host of state.tables.Host.values()) if (holds(state, host, need)) return [];
  return [`Rule ${rule.name}: no host is large enough for all its guests together.`];
}

/** All of what the host can give, when nobody else is there. */
function holds({ meta }: State, { capacity }: Host, need: Resources): boolean {
  const offered = offeredBy(capacity, meta.settings);
  return (
    offered.cpuMillicores >= need.cpuMillicores &&
    offered.memoryMiB >= need.memoryMiB &&
    offered.storageGiB >= need.storageGiB
  );
}
