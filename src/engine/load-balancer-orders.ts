import type { LoadBalancerOrder } from "../model/actions.ts";
import type { LoadBalancer } from "../model/entities.ts";
import type { EventKind, FleetEvent } from "../model/events.ts";
import type { GuestId, LoadBalancerId } from "../model/ids.ts";
import { shownAddress } from "../model/security.ts";
import { LOAD_BALANCER_DRIVERS, type LoadBalancerDriverName } from "../model/statuses.ts";
import type { DriverAction } from "./actions.ts";
import type { State } from "./state.ts";
import { awaitsDraining, isDrainedFirst, targetsOf } from "./target-conditions.ts";

/** Each load balancer that facts are about is told all that it is to be, once. */
export function loadBalancerActions(state: State, events: readonly FleetEvent[]): DriverAction[] {
  const ids = new Set<LoadBalancerId>();
  for (const { category, payload } of events)
    if (category === "LOAD_BALANCING" && "loadBalancer" in payload) ids.add(payload.loadBalancer);
  return [...ids].sort((a, b) => a - b).flatMap((id) => tell(state, id));
}

function tell(state: State, id: LoadBalancerId): DriverAction[] {
  const loadBalancer = state.tables.LoadBalancer.find(id);
  if (loadBalancer) return [set(state, loadBalancer)];
  const { seq: revision } = state.meta;
  const action = { kind: "REMOVE_LOAD_BALANCER", loadBalancerId: id, revision } as const;
  // Whose it was, nobody knows any more.
  return LOAD_BALANCER_DRIVERS.map((driver) => ({ driver, action }));
}

/** All there are, as if for the first time. */
export function setLoadBalancers(state: State): DriverAction[] {
  const all = state.tables.LoadBalancer.sorted();
  return [
    ...LOAD_BALANCER_DRIVERS.map((driver) => keep(state, driver)),
    ...all.map((each) => set(state, each)),
  ];
}

function keep({ tables, meta }: State, driver: LoadBalancerDriverName): DriverAction {
  const loadBalancerIds = tables.LoadBalancer.sorted().map(({ id }) => id);
  const action = { kind: "KEEP_LOAD_BALANCERS", loadBalancerIds, revision: meta.seq } as const;
  return { driver, action };
}

function set(state: State, loadBalancer: LoadBalancer): DriverAction {
  const action = {
    kind: "SET_LOAD_BALANCER",
    loadBalancer: orderFor(state, loadBalancer),
  } as const;
  return { driver: loadBalancer.driver, action };
}

function orderFor(state: State, loadBalancer: LoadBalancer): LoadBalancerOrder {
  const { id, name, listeners, openGroups, socketPath } = loadBalancer;
  const byGroup = Map.groupBy(targetsOf(state, id), ({ targetGroup }) => targetGroup);
  const targetGroups = loadBalancer.targetGroups.map((group) => ({
    ...group,
    isOpen: openGroups.includes(group.name),
    targets: (byGroup.get(group.name) ?? []).map((target) => ({
      id: target.id,
      guestId: target.guestId,
      address: target.address ?? shownAddress(target.guestId),
      port: target.port ?? group.port,
      weight: target.weight,
      state: target.state,
      stateSinceMs: target.stateSinceMs,
    })),
  }));
  return { id, revision: state.meta.seq, name, socketPath, listeners, targetGroups };
}

/** Facts after which a target has no requests left that its guest's order would wait for. */
const ENDS_DRAINING: ReadonlySet<EventKind> = new Set<EventKind>([
  "TargetDrained",
  "TargetUnused",
  "TargetDeregistered",
]);

/** Guests whose orders were held back for their requests, which are finished now. Repeating is harmless. */
export function ordersAfterDraining(state: State, events: readonly FleetEvent[]): GuestId[] {
  const ids = new Set<GuestId>();
  for (const { kind, payload } of events)
    if (ENDS_DRAINING.has(kind) && "guest" in payload && payload.guest !== null)
      ids.add(payload.guest);
  // Where the battery runs out, requests are not waited for.
  if (events.some(({ kind }) => kind === "ZoneUtilityLost"))
    for (const id of state.indexes.targets.draining.ids())
      ids.add(state.tables.LoadBalancerTarget.get(id).guestId);
  return [...ids].filter((id) => {
    const guest = state.tables.Guest.find(id);
    return guest !== undefined && isDrainedFirst(guest) && !awaitsDraining(state, guest);
  });
}
