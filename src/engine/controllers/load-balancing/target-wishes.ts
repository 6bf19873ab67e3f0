import type { Guest, LoadBalancer, ScalingGroup, Tenant } from "../../../model/entities.ts";
import type { GuestId, ScalingGroupId } from "../../../model/ids.ts";
import { LIMITS } from "../../../model/limits.ts";
import {
  type AnyTargetWish,
  isScalingWish,
  type ScalingTarget,
  type ScalingWish,
  type TargetWish,
  targetProblem,
} from "../../../model/load-balancing.ts";
import type { Context } from "../../context.ts";
import { conflict, invalid, notFound } from "../../refusal.ts";
import type { State } from "../../state.ts";
import { targetsOf } from "../../target-conditions.ts";

/** Who is in a target group already. */
export interface Present {
  readonly guestIds: readonly GuestId[];
  readonly scalingTargets: readonly ScalingTarget[];
}
export const NOBODY: Present = { guestIds: [], scalingTargets: [] };

export function presentIn(state: State, loadBalancer: LoadBalancer, targetGroup: string): Present {
  const isIn = (each: { readonly targetGroup: string }) => each.targetGroup === targetGroup;
  return {
    guestIds: targetsOf(state, loadBalancer.id)
      .filter(isIn)
      .map(({ guestId }) => guestId),
    scalingTargets: loadBalancer.scalingTargets.filter(isIn),
  };
}

/** Of the load balancer's own tenant, each once, and no member of a group beside its group. Throws what is wrong. */
export function checkWishes(
  { state }: Context,
  tenant: Tenant,
  wishes: readonly AnyTargetWish[],
  path: readonly string[],
  present: Present = NOBODY,
): void {
  // No list is looked through that can't be right.
  if (wishes.length > LIMITS.targetsOfGroup) throw tooMany(path);
  const seen = new Set<number>();
  const named = wishes.filter((wish) => isScalingWish(wish));
  const groups = new Set([
    ...present.scalingTargets.map(({ scalingGroupId }) => scalingGroupId),
    ...named.map(({ scalingGroup }) => scalingGroup),
  ]);
  for (const [index, wish] of wishes.entries()) {
    const at = [...path, String(index)];
    const problem = targetProblem(wish);
    if (problem) throw invalid(`${sentence(problem.message)}.`, [...at, ...problem.path]);
    const isGroup = isScalingWish(wish);
    at.push(isGroup ? "scalingGroupId" : "guestId");
    const { id, name } = isGroup
      ? wantedGroup(state, tenant, wish, at)
      : wantedGuest(state, tenant, wish, groups, at);
    const what = isGroup ? "Scaling group" : "Guest";
    if (seen.has(id)) throw invalid(`${what} ${name} is named twice.`, at);
    seen.add(id);
  }
  const guestIds = wishes.flatMap((wish) => (isScalingWish(wish) ? [] : [wish.guest]));
  if (mostTargets(state, [...present.guestIds, ...guestIds], groups) > LIMITS.targetsOfGroup)
    throw tooMany(path);
}

function wantedGroup(
  { tables }: State,
  tenant: Tenant,
  { scalingGroup }: ScalingWish,
  at: readonly string[],
): ScalingGroup {
  const group = tables.ScalingGroup.find(scalingGroup);
  if (group?.tenantId !== tenant.id)
    throw notFound(`There is no such scaling group of tenant ${tenant.name}.`, at);
  if (group.deleting) throw conflict(`Scaling group ${group.name} is being deleted.`, at);
  return group;
}

function wantedGuest(
  { tables }: State,
  tenant: Tenant,
  wish: TargetWish,
  groups: ReadonlySet<ScalingGroupId>,
  at: readonly string[],
): Guest {
  const guest = tables.Guest.find(wish.guest);
  if (guest?.tenantId !== tenant.id)
    throw notFound(`There is no such guest of tenant ${tenant.name}.`, at);
  if (guest.deleting) throw conflict(`Guest ${guest.name} is being deleted.`, at);
  const group = tables.ScalingGroup.find(guest.membership?.groupId ?? 0);
  if (group && groups.has(group.id)) throw conflict(asMember(guest, group), at);
  return guest;
}

/** Why a member is not a target by itself. */
export function asMember({ name }: Guest, group: Pick<ScalingGroup, "name">): string {
  return `Guest ${name} is a target as a member of scaling group ${group.name}, and follows that.`;
}

/** How many there can be, when all groups are as large as they may get. */
function mostTargets(
  { tables }: State,
  guestIds: readonly GuestId[],
  groups: ReadonlySet<ScalingGroupId>,
): number {
  const alone = new Set(
    guestIds.filter((id) => !groups.has(tables.Guest.get(id).membership?.groupId ?? (0 as never))),
  );
  let most = alone.size;
  for (const id of groups) most += mostMembers(tables.ScalingGroup.get(id));
  return most;
}

/** As large as it or any of its schedules lets it get. */
export function mostMembers({ max, policies }: Pick<ScalingGroup, "max" | "policies">): number {
  const later = policies.map((policy) => (policy.kind === "SCHEDULED" ? (policy.max ?? 0) : 0));
  return Math.max(max, ...later);
}

function tooMany(path: readonly string[]) {
  return invalid(
    `A target group has ${LIMITS.targetsOfGroup} targets at most, the members that its scaling groups may get counted.`,
    path,
  );
}

/** Why a scaling group can't be as large as that; null when it can. In words without a full stop. */
export function tooLargeForTargets(
  state: State,
  id: ScalingGroupId,
  to: Pick<ScalingGroup, "max" | "policies">,
): string | null {
  const { tables, indexes } = state;
  const growth = mostMembers(to) - mostMembers(tables.ScalingGroup.get(id));
  if (growth <= 0) return null;
  for (const loadBalancerId of indexes.targets.ofScalingGroup.of(id)) {
    const loadBalancer = tables.LoadBalancer.get(loadBalancerId);
    for (const { targetGroup, scalingGroupId } of loadBalancer.scalingTargets) {
      if (scalingGroupId !== id) continue;
      const { guestIds, scalingTargets } = presentIn(state, loadBalancer, targetGroup);
      const groups = new Set(scalingTargets.map((each) => each.scalingGroupId));
      const most = mostTargets(state, guestIds, groups) + growth;
      if (most > LIMITS.targetsOfGroup)
        return `target group ${targetGroup} of ${loadBalancer.name} could have ${most} targets then, of ${LIMITS.targetsOfGroup} at most`;
    }
  }
  return null;
}

export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
