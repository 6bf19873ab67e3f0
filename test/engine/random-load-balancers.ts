import type { State } from "../../src/engine/state.ts";
import type { Command } from "../../src/model/commands.ts";
import { CHECK_DEFAULTS, GROUP_DEFAULTS } from "../../src/model/load-balancing.ts";
import { BALANCING_ALGORITHMS } from "../../src/model/statuses.ts";
import type { Chance } from "./random.ts";

/** A load balancer of a document. */
export type BalancerItem = Record<string, unknown> & {
  name: string;
  targetGroups: { name: string; targets: TargetItem[] }[];
};
type TargetItem = string | { scalingGroup: string };

/** Up to two, each with some of the guests and scaling groups in one group or two. */
export function randomBalancers(
  chance: Chance,
  guests: readonly string[],
  scalingGroups: readonly string[],
): BalancerItem[] {
  return Array.from({ length: chance.int(0, 2) }, (_, index) => ({
    name: `lb${index}`,
    listeners: chance.is(0.9)
      ? [
          {
            port: 80,
            targetGroup: "g0",
            ...(chance.is(0.7) && {
              traffic: {
                peakRequestsPerSecond: chance.of([1, 30, 900]),
                cpuMillisecondsPerRequest: chance.of([1, 10, 500]),
              },
            }),
          },
        ]
      : [],
    targetGroups: Array.from({ length: chance.int(1, 2) }, (_group, nth) => ({
      name: `g${nth}`,
      port: 8080,
      algorithm: chance.of(BALANCING_ALGORITHMS),
      drainSeconds: chance.of([0, 3, 20, 90]),
      failOpen: chance.is(0.7),
      healthCheck: { intervalSeconds: chance.of([3, 5, 10]) },
      targets: [
        ...chance.some(guests, 5),
        ...chance.some(scalingGroups, 2).map((scalingGroup) => ({ scalingGroup })),
      ],
    })),
  }));
}

/** The guest is in the document no more. */
export function forgetTarget(balancers: readonly BalancerItem[], name: string): void {
  for (const { targetGroups } of balancers)
    for (const group of targetGroups)
      group.targets = group.targets.filter((target) => target !== name);
}

/** The scaling group is in the document no more. */
export function forgetScalingGroup(balancers: readonly BalancerItem[], name: string): void {
  for (const { targetGroups } of balancers)
    for (const group of targetGroups)
      group.targets = group.targets.filter(
        (target) => typeof target === "string" || target.scalingGroup !== name,
      );
}

/** Something about a load balancer that there is, or another one. */
export function balancerCommand(chance: Chance, state: State, name: string): Command {
  const { tables } = state;
  const guests = tables.Guest.sorted();
  const guest = guests.length > 0 ? chance.of(guests).id : (0 as never);
  const balancers = tables.LoadBalancer.sorted();
  const shared = { port: null, weight: chance.int(0, 256) };
  const scalingGroups = tables.ScalingGroup.sorted();
  const scalingGroup =
    scalingGroups.length > 0 && chance.is(0.4) ? chance.of(scalingGroups).id : null;
  const target =
    scalingGroup === null ? { guest, address: null, ...shared } : { scalingGroup, ...shared };
  if (balancers.length === 0 || chance.is(0.1)) {
    const group = { name: "g0", port: 80, healthCheck: CHECK_DEFAULTS, ...GROUP_DEFAULTS };
    const tenantId = tables.Tenant.sorted()[0]?.id as never;
    const listeners = [{ port: 80, protocol: "HTTP" as const, targetGroup: "g0", traffic: null }];
    const targetGroups = [{ ...group, targets: [target] }];
    return { kind: "CREATE_LOAD_BALANCER", name, tenantId, listeners, targetGroups };
  }
  const { id: loadBalancerId, listeners, targetGroups } = chance.of(balancers);
  const about = { loadBalancerId, targetGroup: chance.of(targetGroups).name };
  const what = chance.next();
  if (what < 0.4) return { kind: "REGISTER_TARGETS", ...about, targets: [target] };
  if (what < 0.7)
    return scalingGroup === null
      ? { kind: "DEREGISTER_TARGETS", ...about, guestIds: [guest], scalingGroupIds: [] }
      : { kind: "DEREGISTER_TARGETS", ...about, guestIds: [], scalingGroupIds: [scalingGroup] };
  if (what < 0.8)
    return { kind: "SET_TARGET_WEIGHT", ...about, guestId: guest, weight: shared.weight };
  if (what < 0.95) {
    const failOpen = chance.is(0.5);
    const groups = targetGroups.map((group) => ({ ...group, failOpen }));
    const kept = chance.is(0.7) ? listeners : [];
    return { kind: "UPDATE_LOAD_BALANCER", loadBalancerId, listeners: kept, targetGroups: groups };
  }
  return { kind: "DELETE_LOAD_BALANCER", loadBalancerId };
}
