import type { LoadBalancer, LoadBalancerTarget } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import { balancingProblems, type ScalingTarget } from "../../model/load-balancing.ts";
import { whyClosed } from "../controllers/load-balancing/fail-open.ts";
import type { State } from "../state.ts";
import { isInService, isUsed } from "../target-conditions.ts";
import { broken } from "./claim.ts";

/** Requests go to guests of the same tenant that run, and to none that is to stop. */
export function balancingIsSound(state: State): string[] {
  const { tables, indexes } = state;
  const targets = tables.LoadBalancerTarget.sorted();
  const of = (id: number) => targets.filter((target) => target.loadBalancerId === id);
  const ids = (rows: readonly { id: number }[]) => rows.map(({ id }) => id).join();
  return [
    ...tables.LoadBalancer.sorted().flatMap((each) => isSound(state, each, of(each.id))),
    ...targets.flatMap((target) => targetIsSound(state, target)),
    ...tables.LoadBalancer.sorted().flatMap(({ id, name }) =>
      broken(`load balancer ${name}`, [
        [indexes.targets.ofLoadBalancer.of(id).join() === ids(of(id)), "is said to have others"],
      ]),
    ),
    ...tables.Guest.sorted().flatMap(({ id, name }) =>
      broken(`guest ${name}`, [
        [
          indexes.targets.ofGuest.of(id).join() === ids(targets.filter((t) => t.guestId === id)),
          "is said to be other targets",
        ],
      ]),
    ),
  ];
}

function isSound(
  state: State,
  loadBalancer: LoadBalancer,
  targets: readonly LoadBalancerTarget[],
): string[] {
  const { name, tenantId, listeners, targetGroups, scalingTargets, openGroups } = loadBalancer;
  const keys = targets.map(({ targetGroup, guestId }) => `${targetGroup}/${guestId}`);
  return broken(`load balancer ${name}`, [
    [state.tables.Tenant.find(tenantId) !== undefined, "has no tenant"],
    [balancingProblems(listeners, targetGroups).length === 0, "makes no sense"],
    [new Set(keys).size === keys.length, "has a target twice"],
    [
      [...targets, ...scalingTargets].every(({ targetGroup }) =>
        targetGroups.some((group) => group.name === targetGroup),
      ),
      "has targets in a group that it has not",
    ],
    ...scalingTargets.flatMap((each) => scalingTargetClaims(state, loadBalancer, each, targets)),
    [
      targetGroups.every((group) => {
        const own = targets.filter(({ targetGroup }) => targetGroup === group.name);
        const isOpen = whyClosed(state, loadBalancer, group, own) === null;
        return isOpen === openGroups.includes(group.name);
      }),
      `is open in ${openGroups}`,
    ],
  ]);
}

/** Members that came up are targets, those of groups that are to stay. */
function scalingTargetClaims(
  { tables, indexes }: State,
  { id, tenantId }: LoadBalancer,
  { targetGroup, scalingGroupId, port, weight }: ScalingTarget,
  targets: readonly LoadBalancerTarget[],
): [boolean, string][] {
  const group = tables.ScalingGroup.find(scalingGroupId);
  const isTarget = (guestId: GuestId) =>
    targets.some(
      (target) =>
        target.guestId === guestId &&
        target.targetGroup === targetGroup &&
        target.port === port &&
        target.weight === weight &&
        !target.deregistering,
    );
  const missing = indexes.scaling.members
    .of(scalingGroupId)
    .map((guestId) => tables.Guest.get(guestId))
    .find((guest) => !guest.deleting && isInService(guest) && !isTarget(guest.id));
  return [
    [group?.tenantId === tenantId && !group.deleting, `has scaling group #${scalingGroupId}`],
    [indexes.targets.ofScalingGroup.of(scalingGroupId).includes(id), "is said to have no group"],
    [missing === undefined, `does not have member ${missing?.name} in ${targetGroup}`],
  ];
}

function targetIsSound({ tables, indexes }: State, target: LoadBalancerTarget): string[] {
  const { state, guestId, loadBalancerId, targetGroup, drainUntilMs, reasons } = target;
  const loadBalancer = tables.LoadBalancer.find(loadBalancerId);
  const guest = tables.Guest.find(guestId);
  return broken(`target ${guest?.name} of ${targetGroup} (${state})`, [
    [loadBalancer !== undefined, "has no load balancer"],
    [guest !== undefined && guest.tenantId === loadBalancer?.tenantId, "is of another tenant"],
    [(state === "DRAINING") === (drainUntilMs !== null), `drains until ${drainUntilMs}`],
    [(state === "HEALTHY") === (reasons.length === 0), `gives ${reasons.length} reasons`],
    [
      (state !== "HEALTHY" && state !== "INITIAL") || guest?.status === "RUNNING",
      `is a guest that is ${guest?.status}`,
    ],
    [
      (state !== "HEALTHY" && state !== "INITIAL") || (guest !== undefined && isInService(guest)),
      "is a member that is not in service",
    ],
    [
      (state !== "HEALTHY" && state !== "INITIAL") ||
        (loadBalancer !== undefined && isUsed(loadBalancer, targetGroup)),
      "gets requests from no listener",
    ],
    [indexes.targets.draining.has(target.id) === (drainUntilMs !== null), "is timed wrongly"],
  ]);
}
