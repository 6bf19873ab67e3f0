import type { Observation } from "../../model/actions.ts";
import type { Guest, Host, HostPower } from "../../model/entities.ts";
import type { HostId } from "../../model/ids.ts";
import { powerOrder } from "../actions.ts";
import type { Context } from "../context.ts";
import { isWaking } from "../host-conditions.ts";
import type { State } from "../state.ts";
import { orderSwitch } from "./host-power-commands.ts";
import { attendMaintenance } from "./maintenance.ts";
import { failOperation, succeedOperation } from "./operations.ts";

/**
 * Power of hosts by request: guests off the host as the policy says → the driver switches it → it is
 * off, or heard of again. Guests that are frozen wait for their host, and no longer than it is being
 * brought back.
 */

/** Looks at every host with which something is being done by request, and at those waited for. */
export function attendHosts(ctx: Context): void {
  const { attended, hostsWithOperation, frozenOnHost } = ctx.state.indexes;
  const ids = new Set<number>([...attended, ...hostsWithOperation, ...frozenOnHost.keys()]);
  for (const id of [...ids].sort((a, b) => a - b)) {
    const host = ctx.state.tables.Host.find(id);
    if (!host) continue;
    attendPower(ctx, host);
    attendMaintenance(ctx, ctx.state.tables.Host.get(id));
    thaw(ctx, ctx.state.tables.Host.get(id));
  }
}

function attendPower(ctx: Context, host: Host): void {
  if (host.power?.phase !== "EMPTYING") return;
  if (host.status === "DOWN") powerFailed(ctx, host, "it was lost before it was free of guests");
  if (host.status !== "DRAINING") return;
  if (ctx.state.indexes.guestsOnHost.count(host.id) === 0)
    orderSwitch(ctx, host, host.generation + 1);
  else
    for (const id of ctx.state.indexes.guestsOnHost.of(host.id))
      getOff(ctx, ctx.state.tables.Guest.get(id), host.power);
}

/** Stops a guest as the policy says. One that is busy is waited for; one that migrates here comes first. */
function getOff(ctx: Context, guest: Guest, { policy, seq }: HostPower): void {
  const { id, hostId: host, task, retryAtMs } = guest;
  if (host === null || task !== null || guest.desired === "STOPPED" || guest.deleting) return;
  if (retryAtMs !== null && retryAtMs > ctx.nowMs) return;
  const order = { guest: id, host, generation: guest.generation + 1 };
  if (policy === "FREEZE") ctx.emit("GuestFreezing", order, seq);
  else if (policy === "FAILOVER") ctx.emit("GuestRelocating", { ...order, why: "SHUTDOWN" }, seq);
}

/** Frozen guests wait for a host that is being brought back with them, and for no other. */
function thaw(ctx: Context, host: Host): void {
  if (host.power?.policy === "FREEZE") return;
  letGo(ctx, host);
}

/** Guests that waited for the host start there before anyone else gets its room, or else elsewhere. */
export function letGo(ctx: Context, { id: host, causeSeq }: Host): void {
  for (const guest of ctx.state.indexes.frozenOnHost.of(host)) {
    ctx.emit("GuestThawed", { guest, host }, causeSeq);
    ctx.toPlace.guests.add(guest);
    ctx.touchedGuests.add(guest);
  }
}

type Result = Extract<Observation, { kind: "ACTION_DONE" | "ACTION_FAILED" }>;

/** The driver's answer to an order about a host's power. */
export function hostPowerAnswered(ctx: Context, result: Result): void {
  const host = ctx.state.tables.Host.find(result.hostId);
  if (host?.power?.phase !== "SWITCHING" || host.generation !== result.generation) return;
  const { verb } = host.power;
  if (result.action !== powerOrder(verb)) return;
  if (result.kind === "ACTION_FAILED") powerFailed(ctx, host, result.error, host.power.wasOff);
  else if (verb === "SHUTDOWN" || verb === "STANDBY") {
    const seq = ctx.emitAsActor("HostPoweredOff", { host: host.id }, host.power.seq);
    succeedOperation(ctx, host.id, seq);
  } else ctx.emitAsActor("HostBooting", { host: host.id }, host.power.seq);
}

/**
 * It stays as it is: in service if it was heard of all the while, off if that is what it was by
 * request, else a host like any that is down.
 */
function powerFailed(ctx: Context, host: Host, error: string, staysOff = false): void {
  if (host.power === null) return;
  const { verb, seq: cause } = host.power;
  const { leases, meta } = ctx.state;
  const silentMs = ctx.nowMs - leases.lastMs(host.id);
  const isHeard = leases.knows(host.id) && silentMs < meta.settings.suspectAfterSeconds * 1000;
  const inContact = isHeard && verb !== "POWER_ON" && host.power.phase === "SWITCHING";
  const payload = { host: host.id, verb, error, inContact, staysOff };
  const seq = ctx.emit("HostPowerFailed", payload, cause);
  failOperation(ctx, host.id, error, seq);
  ctx.touchedZones.add(host.zoneId);
}

/** What it says now it said before it went down: it was told to, and has not answered yet. */
export function isGoingDown({ power }: Host): boolean {
  return power?.phase === "SWITCHING" && power.verb !== "POWER_ON";
}

/** A host whose power was in somebody's hands is heard of. */
export function hostReturned(ctx: Context, hostId: HostId): void {
  const host = ctx.state.tables.Host.get(hostId);
  if (host.power === null) return;
  const { verb } = host.power;
  if (isWaking(host)) ctx.state.balancingDueAtMs = ctx.nowMs;
  const seq = ctx.emitAsActor("HostPoweredOn", { host: host.id, verb }, host.causeSeq);
  succeedOperation(ctx, host.id, seq);
}

/** Orders that nobody answered, and hosts that do not come back. */
export function checkHostPower(ctx: Context): void {
  for (const id of [...ctx.state.indexes.attended].sort((a, b) => a - b)) {
    const host = ctx.state.tables.Host.get(id);
    const { settings } = ctx.state.meta;
    if (failsAtMs(ctx.state, host) <= ctx.nowMs)
      powerFailed(ctx, host, `nothing was heard of it for ${settings.hostBootTimeoutSeconds} s`);
    else if (repeatsAtMs(ctx.state, host) <= ctx.nowMs) orderSwitch(ctx, host, host.generation);
  }
}

function failsAtMs(state: State, { power }: Host): number {
  if (power?.phase !== "SWITCHING" && power?.phase !== "BOOTING") return Number.POSITIVE_INFINITY;
  return power.sinceMs + state.meta.settings.hostBootTimeoutSeconds * 1000;
}

function repeatsAtMs(state: State, { power }: Host): number {
  if (power?.phase !== "SWITCHING") return Number.POSITIVE_INFINITY;
  return (power.orderedAtMs ?? 0) + state.meta.settings.actionTimeoutSeconds * 1000;
}

export function nextHostPowerDueAtMs(state: State): number {
  let due = Number.POSITIVE_INFINITY;
  for (const id of state.indexes.attended) {
    const host = state.tables.Host.get(id);
    due = Math.min(due, failsAtMs(state, host), repeatsAtMs(state, host));
  }
  return due;
}
