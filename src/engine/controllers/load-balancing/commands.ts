import type { Command, Outcome } from "../../../model/commands.ts";
import type { LoadBalancer, LoadBalancerTarget, Tenant } from "../../../model/entities.ts";
import type { GuestId, LoadBalancerId } from "../../../model/ids.ts";
import { LIMITS, nameProblem } from "../../../model/limits.ts";
import {
  balancingProblems,
  type Listener,
  NO_COOKIES,
  type TargetGroup,
  type TargetWish,
  targetProblem,
} from "../../../model/load-balancing.ts";
import type { Context } from "../../context.ts";
import { conflict, invalid, notFound, unsupported } from "../../refusal.ts";
import { targetsOf } from "../../target-conditions.ts";
import { partChanges } from "./changes.ts";
import {
  changeTarget,
  deregisterTarget,
  findTarget,
  registerTarget,
  removeLoadBalancer,
  removeTarget,
} from "./registration.ts";

type Of<K extends Command["kind"]> = Extract<Command, { kind: K }>;
type Verb<K extends Command["kind"]> = (ctx: Context, command: Of<K>) => Outcome;

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
    checkTargets(ctx, tenant, targets, ["targetGroups", String(index), "targets"]);
  const id = ctx.newId<LoadBalancerId>();
  const definition: LoadBalancer = {
    id,
    name,
    tenantId,
    driver: "simulated",
    socketPath: null,
    listeners,
    targetGroups: targetGroups.map(({ targets: _targets, ...group }) => group),
    openGroups: [],
    unreachableSinceMs: null,
  };
  const seq = ctx.emitAsActor(
    "LoadBalancerCreated",
    { loadBalancer: id, tenant: tenantId, definition },
    null,
  );
  for (const { name: group, targets } of targetGroups)
    for (const target of targets) registerTarget(ctx, definition, group, target, seq);
  return done(id);
};

function checkParts(parts: Pick<LoadBalancer, "listeners" | "targetGroups">): void {
  const [problem] = balancingProblems(parts.listeners, parts.targetGroups);
  if (problem) throw invalid(`${sentence(problem.message)}.`, problem.path);
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Guests of the load balancer's own tenant: those of others are none of its business. */
function checkTargets(
  { state }: Context,
  tenant: Tenant,
  targets: readonly TargetWish[],
  path: readonly string[],
): void {
  if (targets.length > LIMITS.targetsOfGroup)
    throw invalid(`A target group has ${LIMITS.targetsOfGroup} targets at most.`, path);
  const seen = new Set<GuestId>();
  for (const [index, target] of targets.entries()) {
    const at = [...path, String(index)];
    const problem = targetProblem(target);
    if (problem) throw invalid(`${sentence(problem.message)}.`, [...at, ...problem.path]);
    const guest = state.tables.Guest.find(target.guest);
    if (guest?.tenantId !== tenant.id)
      throw notFound(`There is no such guest of tenant ${tenant.name}.`, [...at, "guestId"]);
    if (guest.deleting) throw conflict(`Guest ${guest.name} is being deleted.`, [...at, "guestId"]);
    if (seen.has(guest.id))
      throw invalid(`Guest ${guest.name} is named twice.`, [...at, "guestId"]);
    seen.add(guest.id);
  }
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
  const definition = { ...old, ...parts, openGroups: openGroups.filter(stays) };
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
  checkTargets(ctx, tenant, command.targets, ["targets"]);
  const has = targetsOf(ctx.state, loadBalancer.id).filter(
    ({ targetGroup }) => targetGroup === name,
  );
  if (has.length + command.targets.length > LIMITS.targetsOfGroup)
    throw invalid(`A target group has ${LIMITS.targetsOfGroup} targets at most.`, ["targets"]);
  for (const target of command.targets) {
    const address = findTarget(ctx.state, loadBalancer, name, target.guest)?.address ?? null;
    registerTarget(ctx, loadBalancer, name, { ...target, address }, null);
  }
  return done(loadBalancer.id);
};

const deregisterTargets: Verb<"DEREGISTER_TARGETS"> = (ctx, command) => {
  const loadBalancer = find(ctx, command.loadBalancerId);
  const targets = command.guestIds.map((guestId, index) =>
    wantedTarget(ctx, loadBalancer, command.targetGroup, guestId, ["guestIds", String(index)]),
  );
  for (const target of new Set(targets)) deregisterTarget(ctx, target, null);
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
  return target;
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
