import type { LoadBalancer } from "../../../model/entities.ts";
import type { Listener, TargetGroup } from "../../../model/load-balancing.ts";
import { differences } from "../fleet/plan.ts";
import { differencesOf } from "../security-groups.ts";

type Parts = Pick<LoadBalancer, "listeners" | "targetGroups">;

function told({ protocol, port, targetGroup }: Listener): string {
  return `${protocol} ${port} → ${targetGroup}`;
}

/** What of a load balancer differs, in words; [] for nothing. */
export function partChanges(before: Parts, after: Parts): string[] {
  const names = ({ targetGroups }: Parts) => targetGroups.map(({ name }) => `target group ${name}`);
  return [
    ...differencesOf(before.listeners.map(told), after.listeners.map(told)),
    ...differencesOf(names(before), names(after)),
    ...after.listeners.flatMap((listener) => trafficChanges(before.listeners, listener)),
    ...after.targetGroups.flatMap((group) => groupChanges(before.targetGroups, group)),
  ];
}

function trafficChanges(before: readonly Listener[], { port, traffic }: Listener): string[] {
  const old = before.find((listener) => listener.port === port);
  return old
    ? differences({ traffic: old.traffic }, { traffic }).map((change) => `${port}: ${change}`)
    : [];
}

function groupChanges(before: readonly TargetGroup[], group: TargetGroup): string[] {
  const old = before.find(({ name }) => name === group.name);
  return old ? differences(old, group).map((change) => `${group.name}: ${change}`) : [];
}
