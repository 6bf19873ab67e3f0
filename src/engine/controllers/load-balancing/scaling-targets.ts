import type { Guest, LoadBalancer, LoadBalancerTarget } from "../../../model/entities.ts";
import type { GuestId, LoadBalancerId, Seq } from "../../../model/ids.ts";
import type { ScalingTarget } from "../../../model/load-balancing.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";
import { isInService } from "../../target-conditions.ts";
import { differences } from "../fleet/plan.ts";
import { membersOf } from "../scaling/members.ts";
import { deregisterTarget, findTarget, joinTarget } from "./registration.ts";

/**
 * Scaling groups in target groups: their members become targets when they first run, and stop being any as
 * guests do that are deleted, once their requests are finished.
 */

/** As what of a target group a guest is its target: as a member of a scaling group; undefined for one by itself. */
export function membershipIn(
  { scalingTargets }: Pick<LoadBalancer, "scalingTargets">,
  targetGroup: string,
  { membership }: Pick<Guest, "membership">,
): ScalingTarget | undefined {
  return scalingTargets.find(
    (each) => each.targetGroup === targetGroup && each.scalingGroupId === membership?.groupId,
  );
}

export function isSameGroup(a: ScalingTarget, b: ScalingTarget): boolean {
  return a.targetGroup === b.targetGroup && a.scalingGroupId === b.scalingGroupId;
}

/** With its scaling group by name. */
export interface NamedScalingTarget extends Omit<ScalingTarget, "scalingGroupId"> {
  readonly scalingGroup: string;
}

export function withNames({ tables }: State, list: readonly ScalingTarget[]): NamedScalingTarget[] {
  return list.map(({ scalingGroupId, ...rest }) => {
    return { ...rest, scalingGroup: tables.ScalingGroup.get(scalingGroupId).name };
  });
}

/** What differs, in words; [] for nothing. */
export function scalingTargetChanges(
  before: readonly NamedScalingTarget[],
  after: readonly NamedScalingTarget[],
): string[] {
  const find = (
    list: readonly NamedScalingTarget[],
    { targetGroup, ...each }: NamedScalingTarget,
  ) => list.find((o) => o.targetGroup === targetGroup && o.scalingGroup === each.scalingGroup);
  const told = ({ targetGroup, scalingGroup }: NamedScalingTarget, how: string) =>
    `${targetGroup}: ${how}scaling group ${scalingGroup}`;
  return [
    ...before.filter((old) => !find(after, old)).map((old) => told(old, "without ")),
    ...after.flatMap((each) => {
      const old = find(before, each);
      if (!old) return [told(each, "with ")];
      return differences(old, each).map((change) => `${told(each, "")}: ${change}`);
    }),
  ];
}

/** Members of groups that it has no more finish what they have begun. Tells nothing when it is as it was. */
export function changeScalingTargets(
  ctx: Context,
  id: LoadBalancerId,
  to: readonly ScalingTarget[],
  causeSeq: Seq | null,
): void {
  const old = ctx.state.tables.LoadBalancer.get(id);
  const changes = scalingTargetChanges(
    withNames(ctx.state, old.scalingTargets),
    withNames(ctx.state, to),
  );
  if (changes.length === 0) return;
  const definition = { ...old, scalingTargets: to };
  const seq = ctx.emitAsActor(
    "LoadBalancerChanged",
    { loadBalancer: id, changes, definition },
    causeSeq,
  );
  for (const left of old.scalingTargets)
    if (!to.some((each) => isSameGroup(left, each)))
      for (const target of targetsOfMembers(ctx.state, old, left))
        deregisterTarget(ctx, target, seq);
}

function targetsOfMembers(
  state: State,
  loadBalancer: LoadBalancer,
  { targetGroup, scalingGroupId }: ScalingTarget,
): LoadBalancerTarget[] {
  return membersOf(state, scalingGroupId)
    .map(({ id }) => findTarget(state, loadBalancer, targetGroup, id))
    .filter((target) => target !== undefined);
}

/** Whoever came up in this decision, or is in a group that was put into a target group by it. */
export function joinMembers(ctx: Context): void {
  leaveWithGroup(ctx);
  if (ctx.state.indexes.targets.ofScalingGroup.isEmpty) return;
  // What joining tells is not looked at again.
  for (const { kind, seq, payload } of [...ctx.events]) {
    if (kind === "LoadBalancerCreated" || kind === "LoadBalancerChanged")
      joinGroups(ctx, payload.loadBalancer, seq);
    const guestId = "guest" in payload ? payload.guest : null;
    if (guestId !== null) joinWherever(ctx, guestId, seq);
  }
}

function joinGroups(ctx: Context, id: LoadBalancerId, causeSeq: Seq): void {
  const loadBalancer = ctx.state.tables.LoadBalancer.find(id);
  if (!loadBalancer) return;
  for (const each of loadBalancer.scalingTargets)
    for (const guest of membersOf(ctx.state, each.scalingGroupId))
      join(ctx, loadBalancer, each, guest, causeSeq);
}

function joinWherever(ctx: Context, guestId: GuestId, causeSeq: Seq): void {
  const guest = ctx.state.tables.Guest.find(guestId);
  const groupId = guest?.membership?.groupId;
  if (!guest || groupId === undefined) return;
  for (const id of ctx.state.indexes.targets.ofScalingGroup.of(groupId)) {
    const loadBalancer = ctx.state.tables.LoadBalancer.get(id);
    for (const each of loadBalancer.scalingTargets)
      if (each.scalingGroupId === groupId) join(ctx, loadBalancer, each, guest, causeSeq);
  }
}

function join(
  ctx: Context,
  loadBalancer: LoadBalancer,
  { targetGroup, port, weight }: ScalingTarget,
  guest: Guest,
  causeSeq: Seq,
): void {
  if (!guest.deleting && isInService(guest))
    joinTarget(ctx, loadBalancer, targetGroup, { guest: guest.id, port, weight }, causeSeq);
}

/** A group on its way out is no target any more. */
function leaveWithGroup(ctx: Context): void {
  const { tables, indexes } = ctx.state;
  for (const { kind, seq, payload } of [...ctx.events]) {
    if (kind !== "GroupDeleteRequested") continue;
    for (const id of indexes.targets.ofScalingGroup.of(payload.group)) {
      const { scalingTargets } = tables.LoadBalancer.get(id);
      const stay = scalingTargets.filter(({ scalingGroupId }) => scalingGroupId !== payload.group);
      changeScalingTargets(ctx, id, stay, seq);
    }
  }
}
