import type { Command, Outcome } from "../../../model/commands.ts";
import type { LoadBalancer, LoadBalancerTarget } from "../../../model/entities.ts";
import type { GuestId, LoadBalancerId, ScalingGroupId } from "../../../model/ids.ts";
import { nameProblem } from "../../../model/limits.ts";
import {
  type AnyTargetWish,
  balancingProblems,
  isScalingWish,
  type Listener,
  NO_COOKIES,
  type ScalingTarget,
  type TargetGroup,
  targetProblem,
} from "../../../model/load-balancing.ts";
import type { Context } from "../../context.ts";
import { conflict, invalid, notFound, unsupported } from "../../refusal.ts";
import { targetsOf } from "../../target-conditions.ts";
import type { Verb } from "../verb.ts";
import { partChanges } from "./changes.ts";
import {
  changeTarget,
  deregisterTarget,
  findTarget,
  registerTarget,
  removeLoadBalancer,
  removeTarget,
} from "./registration.ts";
import { changeScalingTargets, isSameGroup, membershipIn } from "./scaling-targets.ts";
import { asMember, checkWishes, presentIn, sentence } from "./target-wishes.ts";

function find(ctx: Context, id: LoadBalancerId): LoadBalancer {
  const loadBalancer = ctx.state.tables.LoadBalancer.find(id);
  if (!loadBalancer) throw notFound("There is no such load balancer.", ["loadBalancerId"]);
  return loadBalancer;
}

function done(loadBalancerId: LoadBalancerId): Outcome {
  return { kind: "LOAD_BALANCER", loadBalancerId };
}

const createLoadBalancer: Verb<"CREATE_LOAD_BALANCER"> = (ctx, command) => {
  const { name, tenantId, listeners, targetGroups } = command;
  const { tables, names } = ctx.state;
  const bad = nameProblem(name);
  if (bad) throw invalid(`The name ${bad}.`, ["name"]);
  const tenant = tables.Tenant.find(tenantId);
  if (!tenant) throw notFound("There is no such tenant.", ["tenantId"]);
  if (names.loadBalancer.find(name, tenantId) !== undefined)
    throw conflict(`Tenant ${tenant.name} has a load balancer ${name} already.`, ["name"]);
  checkParts({ listeners, targetGroups });
  for (const [index, { targets }] of targetGroups.entries())
    checkWishes(ctx, tenant, targets, ["targetGroups", String(index), "targets"]);
  const id = ctx.newId<LoadBalancerId>();
  const definition: LoadBalancer = {
    id,
    name,
    tenantId,
    driver: "simulated",
    socketPath: null,
    listeners,
    targetGroups: targetGroups.map(({ targets: _targets, ...group }) => group),
    scalingTargets: targetGroups.flatMap((group) => scalingTargetsOf(group.name, group.targets)),
    openGroups: [],
    unreachableSinceMs: null,
  };
  const seq = ctx.emitAsActor(
    "LoadBalancerCreated",
    { loadBalancer: id, tenant: tenantId, definition },
    null,
  );
  for (const { name: group, targets } of targetGroups)
    for (const target of targets)
      if (!isScalingWish(target)) registerTarget(ctx, definition, group, target, seq);
  return done(id);
};

function checkParts(parts: Pick<LoadBalancer, "listeners" | "targetGroups">): void {
  const [problem] = balancingProblems(parts.listeners, parts.targetGroups);
  if (problem) throw invalid(`${sentence(problem.message)}.`, problem.path);
}

/** Scaling groups of a target group, as they are kept. */
function scalingTargetsOf(targetGroup: string, wishes: readonly AnyTargetWish[]): ScalingTarget[] {
  return wishes
    .filter((wish) => isScalingWish(wish))
    .map(({ scalingGroup, port, weight }) => {
      return { targetGroup, scalingGroupId: scalingGroup, port, weight };
    });
}

const updateLoadBalancer: Verb<"UPDATE_LOAD_BALANCER"> = (ctx, command) => {
  const old = find(ctx, command.loadBalancerId);
  const listeners = (command.listeners ?? old.listeners).map((each) => withTraffic(each, old));
  const targetGroups = (command.targetGroups ?? old.targetGroups).map((each) =>
    withBackend(each, old),
  );
  checkParts({ listeners, targetGroups });
  changeParts(ctx, old, { listeners, targetGroups }, null);
  return done(old.id);
};

/** Whose backends of HAProxy's configuration are whose, the fleet document alone says. */
function withBackend(group: TargetGroup, { driver, targetGroups }: LoadBalancer): TargetGroup {
  if (driver === "simulated") return group;
  const old = targetGroups.find(({ name }) => name === group.name);
  const path = ["targetGroups"];
  if (!old)
    throw unsupported(
      `Target group ${group.name} is new: what is HAProxy's, the fleet document says.`,
      path,
    );
  if (group.stickinessSeconds !== null) throw unsupported(`${NO_COOKIES}.`, path);
  return { ...group, backend: old.backend };
}

/** Traffic is the simulated world's, and stays with the port that it comes in at. */
function withTraffic(listener: Listener, { listeners }: LoadBalancer): Listener {
  const old = listeners.find(({ port }) => port === listener.port);
  return { ...listener, traffic: listener.traffic ?? old?.traffic ?? null };
}

/** Targets of groups that go are no targets any more. Tells nothing when it is as it was. */
export function changeParts(
  ctx: Context,
  old: LoadBalancer,
  parts: Pick<LoadBalancer, "listeners" | "targetGroups">,
  causeSeq: number | null,
): void {
  const changes = partChanges(old, parts);
  if (changes.length === 0) return;
  const stays = (group: string) => parts.targetGroups.some(({ name }) => name === group);
  for (const target of targetsOf(ctx.state, old.id))
    if (!stays(target.targetGroup))
      removeTarget(ctx, target, `target group ${target.targetGroup} is removed`, causeSeq);
  const { openGroups } = ctx.state.tables.LoadBalancer.get(old.id);
  const scalingTargets = old.scalingTargets.filter(({ targetGroup }) => stays(targetGroup));
  const definition = { ...old, ...parts, scalingTargets, openGroups: openGroups.filter(stays) };
  ctx.emitAsActor("LoadBalancerChanged", { loadBalancer: old.id, changes, definition }, causeSeq);
}

const deleteLoadBalancer: Verb<"DELETE_LOAD_BALANCER"> = (ctx, { loadBalancerId }) => {
  removeLoadBalancer(ctx, find(ctx, loadBalancerId), null);
  return done(loadBalancerId);
};

function findGroup(loadBalancer: LoadBalancer, name: string): TargetGroup {
  const group = loadBalancer.targetGroups.find((each) => each.name === name);
  if (!group)
    throw notFound(`Load balancer ${loadBalancer.name} has no such target group.`, ["targetGroup"]);
  return group;
}

const registerTargets: Verb<"REGISTER_TARGETS"> = (ctx, command) => {
  const loadBalancer = find(ctx, command.loadBalancerId);
  const { name } = findGroup(loadBalancer, command.targetGroup);
  const tenant = ctx.state.tables.Tenant.get(loadBalancer.tenantId);
  const present = presentIn(ctx.state, loadBalancer, name);
  checkWishes(ctx, tenant, command.targets, ["targets"], present);
  const groups = scalingTargetsOf(name, command.targets);
  changeScalingTargets(ctx, loadBalancer.id, withGroups(loadBalancer, groups), null);
  for (const target of command.targets) {
    if (isScalingWish(target)) continue;
    const address = findTarget(ctx.state, loadBalancer, name, target.guest)?.address ?? null;
    registerTarget(ctx, loadBalancer, name, { ...target, address }, null);
  }
  return done(loadBalancer.id);
};

/** Those that are there already are as they are named now. */
function withGroups(
  { scalingTargets }: LoadBalancer,
  named: readonly ScalingTarget[],
): ScalingTarget[] {
  const stay = scalingTargets.map((old) => named.find((each) => isSameGroup(old, each)) ?? old);
  return [
    ...stay,
    ...named.filter((each) => !scalingTargets.some((old) => isSameGroup(old, each))),
  ];
}

const deregisterTargets: Verb<"DEREGISTER_TARGETS"> = (ctx, command) => {
  const loadBalancer = find(ctx, command.loadBalancerId);
  const targets = command.guestIds.map((guestId, index) =>
    wantedTarget(ctx, loadBalancer, command.targetGroup, guestId, ["guestIds", String(index)]),
  );
  const groups = command.scalingGroupIds.map((id, index) =>
    wantedGroup(loadBalancer, command.targetGroup, id, ["scalingGroupIds", String(index)]),
  );
  for (const target of new Set(targets)) deregisterTarget(ctx, target, null);
  const stay = loadBalancer.scalingTargets.filter((each) => !groups.includes(each));
  changeScalingTargets(ctx, loadBalancer.id, stay, null);
  return done(loadBalancer.id);
};

const setTargetWeight: Verb<"SET_TARGET_WEIGHT"> = (ctx, command) => {
  const { guestId, weight, targetGroup } = command;
  const loadBalancer = find(ctx, command.loadBalancerId);
  const target = wantedTarget(ctx, loadBalancer, targetGroup, guestId, ["guestId"]);
  const wish = { port: target.port, weight, address: target.address };
  const problem = targetProblem(wish);
  if (problem) throw invalid(`${sentence(problem.message)}.`, problem.path);
  changeTarget(ctx, target, wish, null);
  return done(loadBalancer.id);
};

function wantedTarget(
  ctx: Context,
  loadBalancer: LoadBalancer,
  targetGroup: string,
  guestId: GuestId,
  path: readonly string[],
): LoadBalancerTarget {
  const { name } = findGroup(loadBalancer, targetGroup);
  const target = findTarget(ctx.state, loadBalancer, name, guestId);
  if (!target) throw notFound(`Target group ${name} has no such target.`, path);
  const guest = ctx.state.tables.Guest.get(guestId);
  const membership = membershipIn(loadBalancer, name, guest);
  if (membership)
    throw conflict(
      asMember(guest, ctx.state.tables.ScalingGroup.get(membership.scalingGroupId)),
      path,
    );
  return target;
}

function wantedGroup(
  loadBalancer: LoadBalancer,
  targetGroup: string,
  id: ScalingGroupId,
  path: readonly string[],
): ScalingTarget {
  const { name } = findGroup(loadBalancer, targetGroup);
  const found = loadBalancer.scalingTargets.find(
    (each) => each.targetGroup === name && each.scalingGroupId === id,
  );
  if (!found) throw notFound(`Target group ${name} has no such scaling group.`, path);
  return found;
}

const VERBS = {
  CREATE_LOAD_BALANCER: createLoadBalancer,
  UPDATE_LOAD_BALANCER: updateLoadBalancer,
  DELETE_LOAD_BALANCER: deleteLoadBalancer,
  REGISTER_TARGETS: registerTargets,
  DEREGISTER_TARGETS: deregisterTargets,
  SET_TARGET_WEIGHT: setTargetWeight,
} as const;

/** Null for a command about something else. */
export function loadBalancerCommand(ctx: Context, command: Command): Outcome | null {
  const verb = VERBS[command.kind as keyof typeof VERBS] as Verb<Command["kind"]> | undefined;
  return verb?.(ctx, command) ?? null;
}
