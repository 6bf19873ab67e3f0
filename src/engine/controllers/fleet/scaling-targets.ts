import type { LoadBalancer, LoadBalancerTarget } from "../../../model/entities.ts";
import type { FleetSpec, LoadBalancerSpec } from "../../../model/fleet.ts";
import type { ScalingGroupId, TenantId } from "../../../model/ids.ts";
import { LIMITS } from "../../../model/limits.ts";
import { isScalingWish, type ScalingTarget } from "../../../model/load-balancing.ts";
import {
  type NamedScalingTarget,
  scalingTargetChanges,
  withNames,
} from "../load-balancing/scaling-targets.ts";
import { asMember, mostMembers } from "../load-balancing/target-wishes.ts";
import { guestKey } from "./guest-names.ts";
import type { Plan } from "./plan.ts";

/** Scaling groups in the target groups of a document. */

type Targets = LoadBalancerSpec["targetGroups"][number]["targets"];

function namedIn({ targetGroups }: LoadBalancerSpec): NamedScalingTarget[] {
  return targetGroups.flatMap(({ name: targetGroup, targets }) =>
    targets.filter((wish) => isScalingWish(wish)).map((wish) => ({ targetGroup, ...wish })),
  );
}

/** As they are kept, once all that the document brings along is there. */
export function wantedScalingTargets(
  { ctx }: Plan,
  tenantId: TenantId,
  spec: LoadBalancerSpec,
): ScalingTarget[] {
  return namedIn(spec).map(({ scalingGroup, ...rest }) => {
    const id = ctx.state.names.scalingGroup.find(scalingGroup, tenantId);
    return { ...rest, scalingGroupId: id as ScalingGroupId };
  });
}

/** Each of the load balancer's tenant, once, without its members beside it, and not too large. */
export function checkScalingTargets(plan: Plan, fleet: FleetSpec, spec: LoadBalancerSpec): void {
  const known = knownGroups(plan, fleet);
  for (const [index, { name, targets }] of spec.targetGroups.entries()) {
    const path = [...spec.path, "targetGroups", String(index), "targets"];
    const words = `Load balancer ${spec.name}: target group ${name}`;
    const groups = targets.filter((wish) => isScalingWish(wish)).map((wish) => wish.scalingGroup);
    for (const problem of groupProblems(plan, spec, targets, groups, known))
      plan.problem(path, `${words}: ${problem}.`);
  }
}

function groupProblems(
  plan: Plan,
  { tenant }: LoadBalancerSpec,
  targets: Targets,
  groups: readonly string[],
  known: ReadonlyMap<string, number>,
): string[] {
  const most = groups.reduce(
    (sum, name) => sum + (known.get(guestKey(tenant, name)) ?? 0),
    targets.length - groups.length,
  );
  return [
    ...groups
      .filter((name) => !known.has(guestKey(tenant, name)))
      .map((name) => `tenant ${tenant} has no scaling group ${name}`),
    ...groups
      .filter((name, index) => groups.indexOf(name) < index)
      .map((name) => `scaling group ${name} is there twice`),
    ...membersBeside(plan, tenant, targets, new Set(groups)),
    ...(most > LIMITS.targetsOfGroup
      ? [`it could have ${most} targets, of ${LIMITS.targetsOfGroup} at most`]
      : []),
  ];
}

/** By tenant and name, how many members each may get. */
function knownGroups({ ctx }: Plan, { scalingGroups }: FleetSpec): Map<string, number> {
  const { tables } = ctx.state;
  const there = tables.ScalingGroup.sorted().filter(({ deleting }) => !deleting);
  return new Map([
    ...there.map(
      (group) =>
        [keyOf(tables.Tenant.get(group.tenantId).name, group), mostMembers(group)] as const,
    ),
    ...scalingGroups.map((group) => [keyOf(group.tenant, group), mostMembers(group)] as const),
  ]);
}

function keyOf(tenant: string, { name }: { readonly name: string }): string {
  return guestKey(tenant, name);
}

function membersBeside(
  { ctx }: Plan,
  tenant: string,
  targets: Targets,
  groups: ReadonlySet<string>,
): string[] {
  const { names, tables } = ctx.state;
  const tenantId = names.tenant.find(tenant);
  if (tenantId === undefined || groups.size === 0) return [];
  return targets.flatMap((wish) => {
    if (isScalingWish(wish)) return [];
    const guest = tables.Guest.find(names.guest.find(wish.guest, tenantId) ?? 0);
    const group = tables.ScalingGroup.find(guest?.membership?.groupId ?? 0);
    return guest && group && groups.has(group.name) ? [asMember(guest, group).slice(0, -1)] : [];
  });
}

/** What of them differs, in words. */
export function scalingTargetDifferences(
  { ctx }: Plan,
  { scalingTargets }: LoadBalancer,
  spec: LoadBalancerSpec,
): string[] {
  return scalingTargetChanges(withNames(ctx.state, scalingTargets), namedIn(spec));
}

/** It is a target as a member of a group that the document names, or that it names no more. */
export function isMemberTarget(
  { ctx }: Plan,
  { scalingTargets }: LoadBalancer,
  spec: LoadBalancerSpec,
  { guestId, targetGroup }: LoadBalancerTarget,
): boolean {
  const { tables } = ctx.state;
  const group = tables.ScalingGroup.find(tables.Guest.get(guestId).membership?.groupId ?? 0);
  if (!group) return false;
  return (
    scalingTargets.some(
      (each) => each.targetGroup === targetGroup && each.scalingGroupId === group.id,
    ) ||
    namedIn(spec).some(
      (each) => each.targetGroup === targetGroup && each.scalingGroup === group.name,
    )
  );
}
