import { asHeld, reservedOf } from "../../model/allocation.ts";
import type { Outcome } from "../../model/commands.ts";
import type { Guest, Tenant } from "../../model/entities.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import { nameProblem } from "../../model/limits.ts";
import type { Placement } from "../../model/reasons.ts";
import { resourcesProblem } from "../../model/resource-bounds.ts";
import {
  maxResources,
  type Resources,
  sameResources,
  subtractResources,
} from "../../model/resources.ts";
import type { OperationKind } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { newGuest } from "../new-guest.ts";
import { admissionObjection } from "../placement/admission.ts";
import { place, placeOn } from "../placement/place.ts";
import { subjectForAll } from "../placement/subject.ts";
import { conflict, invalid, notFound, Refusal } from "../refusal.ts";
import { checkAllocation, checkUnreserved } from "./allocation.ts";
import { findGuest } from "./find-guest.ts";
import { ownFlavor } from "./flavors.ts";
import { isAtRest, type Movers, moversWith } from "./moves/round.ts";
import { openOperation } from "./operations.ts";
import { checkQuota } from "./quota.ts";
import { chosenGroups } from "./security-groups.ts";
import type { Of, Verb } from "./verb.ts";

function done(guestId: GuestId): Outcome {
  return { kind: "GUEST", guestId, operationId: null };
}

function goesOn(ctx: Context, guest: Guest, verb: OperationKind, causeSeq: number): Outcome {
  const operationId = openOperation(ctx, guest.id, verb, causeSeq);
  return { kind: "GUEST", guestId: guest.id, operationId };
}

function wrongState(guest: Guest, verb: string, needs: string): Refusal {
  return conflict(
    `Guest ${guest.name} is ${guest.status}; only a guest that is ${needs} can be ${verb}.`,
    ["guestId"],
  );
}

export const createGuest: Verb<"CREATE_GUEST"> = (ctx, command) => {
  const { tables, names } = ctx.state;
  const bad = nameProblem(command.name);
  if (bad) throw invalid(`The name ${bad}.`, ["name"]);
  const tenant = tables.Tenant.find(command.tenantId);
  if (!tenant) throw notFound("There is no such tenant.", ["tenantId"]);
  if (!tables.Image.find(command.imageId)) throw notFound("There is no such image.", ["imageId"]);
  if (names.guest.find(command.name, tenant.id) !== undefined)
    throw conflict(`Tenant ${tenant.name} has a guest ${command.name} already.`, ["name"]);
  const resources = resolveResources(ctx, command.flavorId, command.resources);
  checkQuota(ctx, tenant, resources, 1);
  if (command.homeHostId !== null && !tables.Host.find(command.homeHostId))
    throw notFound("There is no such host.", ["hostId"]);
  checkDependencies(ctx, command, tenant);
  checkCounts(command);
  const id = ctx.newId<GuestId>();
  const flavorId = command.flavorId ?? ownFlavor(ctx, resources, null);
  const securityGroupIds = chosenGroups(ctx, tenant, command.securityGroups);
  const allocation = chosenAllocation(ctx, command, resources);
  const own = { id, resources, flavorId, securityGroupIds, allocation, tenantId: tenant.id };
  const given = { ...command, ...own };
  const definition = newGuest(ctx, given);
  ctx.emitAsActor("GuestCreated", { guest: id, definition }, null);
  ctx.toPlace.guests.add(id);
  return done(id);
};

/** Its own, or else that of its flavor. */
function chosenAllocation(
  ctx: Context,
  { allocation, flavorId }: Of<"CREATE_GUEST">,
  resources: Resources,
): Guest["allocation"] {
  if (allocation === null) return ctx.state.tables.Flavor.find(flavorId ?? 0)?.allocation ?? null;
  checkAllocation(allocation, resources);
  return asHeld(allocation);
}

function checkDependencies(ctx: Context, { dependsOn }: Of<"CREATE_GUEST">, tenant: Tenant): void {
  for (const id of dependsOn) {
    const other = ctx.state.tables.Guest.find(id);
    if (other?.tenantId !== tenant.id)
      throw notFound(`There is no such guest of tenant ${tenant.name} to depend on.`, [
        "dependsOn",
      ]);
    if (other.deleting) throw conflict(`Guest ${other.name} is being deleted.`, ["dependsOn"]);
  }
}

function checkCounts({ maxRestarts, maxRelocations }: Of<"CREATE_GUEST">): void {
  for (const [field, value] of Object.entries({ maxRestarts, maxRelocations }))
    if (!Number.isInteger(value) || value < 0 || value > 100)
      throw invalid(`${field} must be a whole number from 0 to 100, not ${value}.`, [field]);
}

function resolveResources(
  ctx: Context,
  flavorId: number | null,
  resources: Resources | null,
): Resources {
  if ((flavorId === null) === (resources === null))
    throw invalid("Give either a flavor or resources, not both and not neither.", ["flavorId"]);
  if (resources) {
    checkResources(resources);
    return resources;
  }
  const flavor = ctx.state.tables.Flavor.find(flavorId ?? 0);
  if (!flavor) throw notFound("There is no such flavor.", ["flavorId"]);
  return flavor.resources;
}

function checkResources(resources: Resources): void {
  const problem = resourcesProblem(resources);
  if (problem) throw invalid(problem.message, ["resources", problem.field]);
}

export const startGuest: Verb<"START_GUEST"> = (ctx, { guestId }) => {
  const guest = findGuest(ctx, guestId);
  if (guest.status === "SUSPENDED" || guest.desired === "SUSPENDED")
    throw wrongState(guest, "started", "stopped (resume it instead)");
  if (guest.status === "RUNNING" && guest.desired === "RUNNING") return done(guestId);
  const seq = ctx.emitAsActor("GuestStartRequested", { guest: guestId }, null);
  ctx.toPlace.guests.add(guestId);
  return goesOn(ctx, guest, "START_GUEST", seq);
};

export const stopGuest: Verb<"STOP_GUEST"> = (ctx, { guestId }) => {
  const guest = findGuest(ctx, guestId);
  if (guest.status === "STOPPED") return done(guestId);
  const seq = ctx.emitAsActor("GuestStopRequested", { guest: guestId }, null);
  return goesOn(ctx, guest, "STOP_GUEST", seq);
};

export const suspendGuest: Verb<"SUSPEND_GUEST"> = (ctx, { guestId }) => {
  const guest = findGuest(ctx, guestId);
  if (guest.status === "SUSPENDED" && guest.desired === "SUSPENDED") return done(guestId);
  if (guest.status !== "RUNNING") throw wrongState(guest, "suspended", "running");
  const seq = ctx.emitAsActor("GuestSuspendRequested", { guest: guestId }, null);
  return goesOn(ctx, guest, "SUSPEND_GUEST", seq);
};

export const resumeGuest: Verb<"RESUME_GUEST"> = (ctx, { guestId }) => {
  const guest = findGuest(ctx, guestId);
  if (guest.status === "RUNNING" && guest.desired === "RUNNING") return done(guestId);
  const isSuspended = guest.status === "SUSPENDED" || guest.status === "RESUMING";
  if (guest.desired !== "SUSPENDED" && !(guest.desired === "RUNNING" && isSuspended))
    throw wrongState(guest, "resumed", "suspended");
  const seq = ctx.emitAsActor("GuestResumeRequested", { guest: guestId }, null);
  ctx.toPlace.guests.add(guestId);
  return goesOn(ctx, guest, "RESUME_GUEST", seq);
};

/** Running, idle, and on a host that hears. */
function findReachable(ctx: Context, guestId: GuestId, verb: string): Guest & { hostId: number } {
  const guest = findGuest(ctx, guestId);
  if (guest.status !== "RUNNING" || guest.task !== null || guest.hostId === null)
    throw wrongState(guest, verb, "running and not busy");
  const host = ctx.state.tables.Host.get(guest.hostId);
  if (host.status !== "UP" && host.status !== "DRAINING")
    throw conflict(`Guest ${guest.name} is on host ${host.name}, which is ${host.status}.`, [
      "guestId",
    ]);
  return { ...guest, hostId: guest.hostId };
}

export const rebootGuest: Verb<"REBOOT_GUEST"> = (ctx, { guestId }) => {
  const guest = findReachable(ctx, guestId, "rebooted");
  const seq = ctx.emitAsActor(
    "GuestRebooting",
    { guest: guestId, host: guest.hostId, generation: guest.generation + 1 },
    null,
  );
  return goesOn(ctx, guest, "REBOOT_GUEST", seq);
};

export const deleteGuest: Verb<"DELETE_GUEST"> = (ctx, { guestId }) => {
  const guest = findGuest(ctx, guestId);
  const user = ctx.state.indexes.dependents
    .of(guestId)
    .map((id) => ctx.state.tables.Guest.get(id))
    .find((other) => !other.deleting);
  if (user) throw conflict(`Guest ${user.name} depends on ${guest.name}.`, ["guestId"]);
  const seq = ctx.emitAsActor("GuestDeleteRequested", { guest: guestId }, null);
  return goesOn(ctx, guest, "DELETE_GUEST", seq);
};

export const resizeGuest: Verb<"RESIZE_GUEST"> = (ctx, command) => {
  const guest = findGuest(ctx, command.guestId);
  const resources = resolveResources(ctx, command.flavorId, command.resources);
  const tenant = ctx.state.tables.Tenant.get(guest.tenantId);
  checkQuota(ctx, tenant, subtractResources(resources, guest.resources), 0);
  const flavorId = command.flavorId ?? ownFlavor(ctx, resources, null);
  return resizeTo(ctx, guest, resources, flavorId, null);
};

const SHORT_OF = { cpuMillicores: "CPU", memoryMiB: "memory", storageGiB: "storage" } as const;

/** Resizes in place while it runs, in the books alone while it doesn't. Its quota has been checked. */
export function resizeTo(
  ctx: Context,
  guest: Guest,
  resources: Resources,
  flavorId: Guest["flavorId"],
  causeSeq: number | null,
): Outcome {
  if (sameResources(resources, guest.resources) && flavorId === guest.flavorId)
    return done(guest.id);
  if (guest.hostId === null) {
    ctx.emitAsActor("GuestResized", { guest: guest.id, resources, flavor: flavorId }, causeSeq);
    return done(guest.id);
  }
  const { hostId } = findReachable(ctx, guest.id, "resized");
  checkRoomToGrow(ctx, guest, hostId as HostId, resources);
  const generation = guest.generation + 1;
  const seq = ctx.emitAsActor(
    "GuestResizing",
    { guest: guest.id, host: hostId as never, resources, flavor: flavorId, generation },
    causeSeq,
  );
  return goesOn(ctx, guest, "RESIZE_GUEST", seq);
}

function checkRoomToGrow(ctx: Context, guest: Guest, hostId: HostId, resources: Resources): void {
  const room = ctx.state.indexes.capacity.room(hostId);
  const more = subtractResources(resources, guest.resources);
  const grown = (Object.keys(more) as (keyof Resources)[]).filter((key) => more[key] > 0);
  if (grown.length === 0) return;
  const refusal = (why: string) =>
    new Refusal("NO_CAPACITY", `Guest ${guest.name} cannot be resized ${why}.`, [
      "resources",
    ]).withMessageForTenants(`There is too little room for guest ${guest.name} to grow.`);
  const short = grown.find((key) => more[key] > (room?.free[key] ?? 0));
  const { name } = ctx.state.tables.Host.get(hostId);
  if (short) throw refusal(`on host ${name}: it has too little ${SHORT_OF[short]} free`);
  // While it is being resized, it takes the larger of both sizes.
  const both = maxResources(resources, guest.resources);
  if (guest.allocation) checkUnreserved(ctx, guest, hostId, reservedOf(guest.allocation, both));
  const objection = admissionObjection(ctx.state, guest, hostId, both);
  if (objection) throw refusal(`for admission control: ${objection.message}`);
}

export const migrateGuest: Verb<"MIGRATE_GUEST"> = (ctx, command) => {
  const { Host } = ctx.state.tables;
  if (command.hostId !== null && !Host.find(command.hostId))
    throw notFound("There is no such host.", ["hostId"]);
  const resting = findGuest(ctx, command.guestId);
  if (resting.status === "STOPPED" && command.hostId !== null)
    return rehome(ctx, resting, command.hostId);
  const guest = findReachable(ctx, command.guestId, "migrated");
  if (command.hostId === guest.hostId) return done(guest.id);
  const movers = moversWith(ctx.state, guest);
  checkCompany(ctx, movers);
  const own = { homeHostId: null, retryHostId: null, triedHostIds: [] };
  const subject = { ...subjectForAll(ctx.state, movers), ...own };
  const choice =
    command.hostId === null
      ? place(ctx.state, subject, ctx.nowMs)
      : placeOn(ctx.state, subject, command.hostId, ctx.nowMs);
  if (!choice.ok) {
    const why = choice.reasons.map((reason) => reason.message).join("; ");
    const where = command.hostId === null ? "anywhere" : `to ${Host.get(command.hostId).name}`;
    const rule = choice.reasons.some((reason) => reason.code === "AFFINITY_RULE");
    const code = rule && command.hostId !== null ? "CONFLICT" : "NO_CAPACITY";
    const all = movers.map(({ name }) => name).join(", ");
    const who = movers.length === 1 ? `Guest ${all}` : `Guests ${all}, which stay together,`;
    const short = `Guest ${guest.name} cannot migrate ${where}: too little room, or a rule forbids it.`;
    throw new Refusal(code, `${who} cannot migrate ${where}: ${why}.`, [
      "hostId",
    ]).withMessageForTenants(short);
  }
  const [seq = 0] = movers.map((mover) => orderMigration(ctx, mover, choice.placement));
  return goesOn(ctx, guest, "MIGRATE_GUEST", seq);
};

/** One that is stopped has nothing to move: from now on it is at home there, and starts there. */
function rehome(ctx: Context, guest: Guest, hostId: HostId): Outcome {
  if (guest.homeHostId === hostId) return done(guest.id);
  const { Host } = ctx.state.tables;
  const { name } = Host.get(hostId);
  const rule = ctx.state.indexes.rules
    .rulesOf(guest.id)
    .find(
      ({ kind, strict, hosts }) =>
        kind === "HOST" && strict && !hosts.some((host) => host.hostId === hostId),
    );
  if (rule)
    throw conflict(
      `Guest ${guest.name} may not run on host ${name}: rule ${rule.name} forbids it.`,
      ["hostId"],
    ).withMessageForTenants(
      `Guest ${guest.name} may not run on host ${name}: an affinity rule forbids it.`,
    );
  const before = guest.homeHostId === null ? "none" : Host.get(guest.homeHostId).name;
  const { imageId, recovery, workload } = guest;
  const definition = { homeHostId: hostId, imageId, recovery, workload };
  const changes = [`host: ${before} → ${name}`];
  ctx.emitAsActor("GuestChanged", { guest: guest.id, changes, definition }, null);
  return done(guest.id);
}

/** Those that strict rules bind to a guest go with it, or it doesn't go. */
function checkCompany(ctx: Context, [guest, ...others]: Movers): void {
  const busy = others.find((other) => !isAtRest(ctx.state, other));
  if (!busy) return;
  const why = busy.status === "RUNNING" ? "busy" : busy.status;
  throw conflict(
    `Guest ${guest.name} migrates only together with ${busy.name}, which is ${why}; both must be running and not busy.`,
    ["guestId"],
  ).withMessageForTenants(
    `Guest ${guest.name} migrates only together with another one, which is ${why}.`,
  );
}

function orderMigration(ctx: Context, guest: Guest, placement: Placement): number {
  const hosts = { fromHost: guest.hostId as never, toHost: placement.hostId };
  const generation = guest.generation + 1;
  const order = {
    guest: guest.id,
    ...hosts,
    placement,
    generation,
    why: "REQUEST",
    because: null,
  } as const;
  return ctx.emitAsActor("GuestMigrationStarted", order, null);
}
