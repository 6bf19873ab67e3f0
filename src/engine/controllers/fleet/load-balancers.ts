import type { LoadBalancer } from "../../../model/entities.ts";
import type { FleetSpec, LoadBalancerSpec } from "../../../model/fleet.ts";
import type { GuestId, LoadBalancerId, Seq, TenantId } from "../../../model/ids.ts";
import {
  balancingProblems,
  isScalingWish,
  NO_COOKIES,
  type TargetWish,
  targetProblem,
} from "../../../model/load-balancing.ts";
import { targetsOf } from "../../target-conditions.ts";
import { partChanges } from "../load-balancing/changes.ts";
import { changeParts } from "../load-balancing/commands.ts";
import {
  deregisterTarget,
  registerTarget,
  removeLoadBalancer,
} from "../load-balancing/registration.ts";
import { changeScalingTargets } from "../load-balancing/scaling-targets.ts";
import { guestKey } from "./guest-names.ts";
import { differences, type Plan } from "./plan.ts";
import {
  checkScalingTargets,
  isMemberTarget,
  scalingTargetDifferences,
  wantedScalingTargets,
} from "./scaling-targets.ts";

/** Their guests come first: they are named by what is planned. */
export function planLoadBalancers(plan: Plan, spec: FleetSpec): void {
  const known = namesOf(plan, spec);
  for (const each of spec.loadBalancers) {
    checkSpec(plan, each, known);
    checkScalingTargets(plan, spec, each);
    const old = findOld(plan, each);
    if (old) planUpdate(plan, old, each);
    else plan.create("LoadBalancer", each.name, (cause) => create(plan, each, cause));
  }
}

function namesOf(plan: Plan, spec: FleetSpec) {
  const { tables } = plan.ctx.state;
  const guests = [...tables.Guest.values()]
    .filter(({ deleting }) => !deleting)
    .map(({ tenantId, name }) => guestKey(tables.Tenant.get(tenantId).name, name));
  return {
    tenants: new Set(["default", ...[...spec.tenants, ...tables.Tenant.values()].map(nameOf)]),
    guests: new Set([...guests, ...spec.guests.map(({ tenant, name }) => guestKey(tenant, name))]),
  };
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function checkSpec(plan: Plan, spec: LoadBalancerSpec, known: ReturnType<typeof namesOf>): void {
  const say = (path: readonly string[], words: string) =>
    plan.problem([...spec.path, ...path], `Load balancer ${spec.name}: ${words}.`);
  if (!known.tenants.has(spec.tenant)) say(["tenant"], `there is no tenant ${spec.tenant}`);
  for (const { path, message } of balancingProblems(spec.listeners, spec.targetGroups))
    say(path, message);
  for (const [index, { stickinessSeconds }] of spec.targetGroups.entries())
    if (spec.driver === "haproxy" && stickinessSeconds !== null)
      say(["targetGroups", String(index), "stickinessSeconds"], NO_COOKIES);
  checkTargets(spec, known, say);
}

function checkTargets(
  spec: LoadBalancerSpec,
  known: ReturnType<typeof namesOf>,
  say: (path: readonly string[], words: string) => void,
): void {
  for (const [index, { name, targets }] of spec.targetGroups.entries())
    for (const [nth, target] of targets.entries()) {
      const path = ["targetGroups", String(index), "targets", String(nth)];
      const problem = targetProblem(target);
      if (problem) say([...path, ...problem.path], problem.message);
      if (!isScalingWish(target) && !known.guests.has(guestKey(spec.tenant, target.guest)))
        say(path, `target group ${name}: tenant ${spec.tenant} has no guest ${target.guest}`);
    }
}

function findOld({ ctx }: Plan, { tenant, name }: LoadBalancerSpec): LoadBalancer | undefined {
  const { names, tables } = ctx.state;
  const tenantId = names.tenant.find(tenant);
  const id = tenantId === undefined ? undefined : names.loadBalancer.find(name, tenantId);
  return tables.LoadBalancer.find(id ?? 0);
}

function partsOf(spec: LoadBalancerSpec): Pick<LoadBalancer, "listeners" | "targetGroups"> {
  const { listeners } = spec;
  return {
    listeners,
    targetGroups: spec.targetGroups.map(({ targets: _targets, ...group }) => group),
  };
}

function create(plan: Plan, spec: LoadBalancerSpec, cause: Seq): void {
  const { ctx } = plan;
  const tenant = ctx.state.names.tenant.find(spec.tenant) as TenantId;
  const id = ctx.newId<LoadBalancerId>();
  const { name, driver, socketPath } = spec;
  const own = { id, name, tenantId: tenant, driver, socketPath };
  const scalingTargets = wantedScalingTargets(plan, tenant, spec);
  const soft = { openGroups: [], unreachableSinceMs: null };
  const definition = { ...own, ...partsOf(spec), scalingTargets, ...soft };
  const payload = { loadBalancer: id, tenant, definition };
  const seq = ctx.emitAsActor("LoadBalancerCreated", payload, cause);
  registerAll(plan, definition, spec, seq);
}

function registerAll(plan: Plan, old: LoadBalancer, spec: LoadBalancerSpec, cause: Seq): void {
  const loadBalancer = plan.ctx.state.tables.LoadBalancer.get(old.id);
  for (const { name, targets } of spec.targetGroups)
    for (const target of targets) {
      if (isScalingWish(target)) continue;
      const guest = plan.ctx.state.names.guest.find(target.guest, loadBalancer.tenantId);
      const wish = { ...target, guest: guest as GuestId };
      registerTarget(plan.ctx, loadBalancer, name, wish, cause);
    }
}

function planUpdate(plan: Plan, old: LoadBalancer, spec: LoadBalancerSpec): void {
  if (old.driver !== spec.driver || old.socketPath !== spec.socketPath)
    plan.problem(
      [...spec.path, "driver"],
      `Load balancer ${spec.name}: its driver can't be changed; give it another name.`,
    );
  const changes = [
    ...partChanges(old, partsOf(spec)),
    ...scalingTargetDifferences(plan, old, spec),
    ...targetChanges(plan, old, spec),
  ];
  plan.update("LoadBalancer", spec.name, changes, (cause) => {
    changeParts(plan.ctx, old, partsOf(spec), cause);
    changeScalingTargets(plan.ctx, old.id, wantedScalingTargets(plan, old.tenantId, spec), cause);
    const { named } = wishesOf(plan, old, spec);
    for (const target of targetsOf(plan.ctx.state, old.id))
      if (
        !named.has(keyOf(target.targetGroup, target.guestId)) &&
        !isMemberTarget(plan, old, spec, target)
      )
        deregisterTarget(plan.ctx, target, cause);
    registerAll(plan, old, spec, cause);
  });
}

function keyOf(group: string, guest: GuestId): string {
  return `${group}/${guest}`;
}

/** What the document wants of guests that are there already, and who is new. */
function wishesOf({ ctx }: Plan, { tenantId }: LoadBalancer, spec: LoadBalancerSpec) {
  const named = new Map<string, TargetWish<string>>();
  const strangers: string[] = [];
  for (const { name, targets } of spec.targetGroups)
    for (const target of targets) {
      if (isScalingWish(target)) continue;
      const guest = ctx.state.names.guest.find(target.guest, tenantId);
      if (guest === undefined) strangers.push(`${name}: with ${target.guest}`);
      else named.set(keyOf(name, guest as GuestId), target);
    }
  return { named, strangers };
}

function targetChanges(plan: Plan, old: LoadBalancer, spec: LoadBalancerSpec): string[] {
  const { tables } = plan.ctx.state;
  const { named, strangers } = wishesOf(plan, old, spec);
  const changes = strangers;
  for (const target of targetsOf(plan.ctx.state, old.id)) {
    const { targetGroup, guestId, port, weight, address, deregistering } = target;
    const key = keyOf(targetGroup, guestId);
    const wish = named.get(key);
    const { name } = tables.Guest.get(guestId);
    if (!wish && isMemberTarget(plan, old, spec, target)) continue;
    if (!wish && !deregistering) changes.push(`${targetGroup}: without ${name}`);
    if (!wish || deregistering) continue;
    named.delete(key);
    const { guest: _guest, ...wanted } = wish;
    for (const change of differences({ port, weight, address }, wanted))
      changes.push(`${targetGroup}: ${name}: ${change}`);
  }
  const added = [...named].map(([key, { guest }]) => `${key.split("/")[0]}: with ${guest}`);
  return [...changes, ...added];
}

export function pruneLoadBalancers(plan: Plan, spec: FleetSpec): void {
  const { tables } = plan.ctx.state;
  const named = new Set(spec.loadBalancers.map(({ tenant, name }) => guestKey(tenant, name)));
  for (const loadBalancer of tables.LoadBalancer.sorted()) {
    const { name, tenantId } = loadBalancer;
    if (!named.has(guestKey(tables.Tenant.get(tenantId).name, name)))
      plan.delete("LoadBalancer", name, (cause) =>
        removeLoadBalancer(plan.ctx, loadBalancer, cause),
      );
  }
}
