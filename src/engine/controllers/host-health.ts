import type { Observation } from "../../model/actions.ts";
import type { Guest, Host } from "../../model/entities.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import type { FenceMethod, TaskKind } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import type { State } from "../state.ts";
import { disturbanceOf } from "./disturbance.ts";
import { hostReturned, isGoingDown } from "./host-power.ts";
import { guestDied, repeatOrder } from "./lifecycle.ts";
import { failOperationOf } from "./operations.ts";

/**
 * Host health: heard of → UP; silent → SUSPECT → FENCING → proven dead → DOWN; heard of again → UP.
 * Nothing of a host's is started elsewhere before it is proven dead, by a fence that the driver
 * confirms or by the time after which its watchdog has killed everything.
 */

/** Signs of life. All but the first after a silence change leases only. */
export function heartbeats(ctx: Context, hostIds: readonly HostId[]): void {
  for (const hostId of hostIds) {
    const host = ctx.state.tables.Host.find(hostId);
    if (!host) continue;
    ctx.state.leases.renew(hostId, ctx.nowMs);
    if (mayReturn(host)) contactRestored(ctx, host);
  }
}

/**
 * Heard of in time: nothing was done to it yet. Once a fence is under way only its end tells whether
 * the host's guests live: half-dead is the one state that nothing may be built on.
 */
function mayReturn(host: Host): boolean {
  if (host.status === "SUSPECT") return true;
  return host.status === "FENCING" && host.fenceFailedAtMs !== null;
}

function contactRestored(ctx: Context, host: Host): void {
  const silentMs = ctx.nowMs - (host.lastSeenAtMs ?? ctx.nowMs);
  ctx.emitAsActor("HostContactRestored", { host: host.id, silentMs }, host.causeSeq);
  ctx.touchedZones.add(host.zoneId);
  for (const id of ctx.state.indexes.guestsOnHost.of(host.id)) ctx.touchedGuests.add(id);
}

/** Contact, for the first time or anew, with word of everything that runs there. */
export function hostConnected(
  ctx: Context,
  seen: Extract<Observation, { kind: "HOST_CONNECTED" }>,
): void {
  const host = ctx.state.tables.Host.find(seen.hostId);
  if (!host) return;
  // After a restart of the process, every order that has no answer is given again anyway.
  const mayHaveMissed = ctx.state.leases.knows(host.id);
  ctx.state.leases.renew(host.id, ctx.nowMs);
  if (mayReturn(host)) contactRestored(ctx, host);
  else if (host.status === "FENCING" || isGoingDown(host)) return;
  if (host.status === "DOWN") {
    ctx.emitAsActor("HostUp", { host: host.id }, host.causeSeq);
    hostReturned(ctx, host.id);
    ctx.touchedZones.add(host.zoneId);
  }
  takeStock(ctx, host, seen, mayHaveMissed);
}

/** Orders that a guest which is not there has outlived. The others answer for themselves. */
const PRESUPPOSE_A_GUEST: ReadonlySet<TaskKind> = new Set<TaskKind>([
  "REBOOT",
  "RESIZE",
  "SUSPEND",
  "RESUME",
]);

/** Compares what runs there with what should; orders that it may not have heard are given again. */
function takeStock(
  ctx: Context,
  host: Host,
  seen: Extract<Observation, { kind: "HOST_CONNECTED" }>,
  mayHaveMissed: boolean,
): void {
  const running = new Set(seen.guests.map((guest) => guest.guestId));
  removeStale(ctx, host, running);
  for (const id of ctx.state.indexes.guestsOnHost.of(host.id)) {
    const guest = ctx.state.tables.Guest.get(id);
    const { task } = guest;
    if (guest.hostId !== host.id) continue;
    if (!running.has(guest.id) && (task === null || PRESUPPOSE_A_GUEST.has(task.kind)))
      guestDied(ctx, guest, `host ${host.name} came back without it`, host.causeSeq);
    else if (mayHaveMissed) repeatOrder(ctx, guest);
  }
}

/** Copies of guests that have been started elsewhere since, or are gone. */
function removeStale(ctx: Context, host: Host, running: ReadonlySet<GuestId>): void {
  for (const guestId of [...running].sort((a, b) => a - b)) {
    const guest = ctx.state.tables.Guest.find(guestId);
    if (guest && (guest.hostId === host.id || guest.targetHostId === host.id)) continue;
    const guestName = guest?.name ?? `#${guestId}`;
    ctx.emit("StaleGuestRemoved", { host: host.id, guest: guestId, guestName }, host.causeSeq);
  }
}

/** Silences that have lasted too long. */
export function checkLeases(ctx: Context): void {
  const { settings } = ctx.state.meta;
  const suspectMs = settings.suspectAfterSeconds * 1000;
  const { leases, indexes } = ctx.state;
  if (leases.oldestMs(indexes.watched) <= ctx.nowMs - suspectMs) {
    for (const id of [...indexes.watched].sort((a, b) => a - b))
      if (ctx.nowMs - leases.lastMs(id) >= suspectMs) suspect(ctx, ctx.state.tables.Host.get(id));
  }
  const downs: { host: Host; method: FenceMethod }[] = [];
  for (const id of [...indexes.suspects].sort((a, b) => a - b)) {
    const host = ctx.state.tables.Host.get(id);
    if (host.status === "SUSPECT") fenceWhenDue(ctx, host);
    else if (heardSince(ctx.state, host)) fenceAgainWhenDue(ctx, host);
    else if (ctx.nowMs >= provenDeadAtMs(ctx.state, host)) downs.push({ host, method: "WATCHDOG" });
  }
  if (downs.length > 0) hostsDown(ctx, downs);
}

function suspect(ctx: Context, host: Host): void {
  const lastSeenAt = ctx.state.leases.lastMs(host.id);
  const cause = disturbanceOf(ctx.state, host);
  const silentMs = ctx.nowMs - lastSeenAt;
  ctx.emit("HostSuspected", { host: host.id, lastSeenAt, silentMs }, cause);
  ctx.touchedZones.add(host.zoneId);
}

function fenceWhenDue(ctx: Context, host: Host): void {
  if (ctx.nowMs >= fenceDueAtMs(ctx.state, host)) orderFence(ctx, host);
}

function fenceDueAtMs(state: State, host: Host): number {
  return silentSinceMs(state, host) + state.meta.settings.fenceAfterSeconds * 1000;
}

/**
 * Of a host on its way down. While this process did not run, it may have been in contact without
 * anyone hearing it: such a silence counts from the start.
 */
function silentSinceMs(state: State, host: Host): number {
  return Math.max(host.lastSeenAtMs ?? host.statusSinceMs, state.leases.lastMs(host.id));
}

function orderFence(ctx: Context, host: Host): void {
  const silentMs = ctx.nowMs - silentSinceMs(ctx.state, host);
  const generation = host.generation + 1;
  ctx.emit("HostFencing", { host: host.id, generation, silentMs }, host.causeSeq);
  ctx.touchedZones.add(host.zoneId);
}

/**
 * When the watchdog has killed everything for certain. Its countdown began with the last contact, of
 * which the last heartbeat heard may be the one before: hence one more interval.
 */
function provenDeadAtMs(state: State, host: Host): number {
  const { watchdogSeconds, heartbeatSeconds } = state.meta.settings;
  return silentSinceMs(state, host) + (watchdogSeconds + heartbeatSeconds) * 1000;
}

/** Contact while it was being fenced calls its watchdog off: only the fence can prove it dead now. */
function heardSince(state: State, host: Host): boolean {
  const { leases } = state;
  return leases.knows(host.id) && leases.lastMs(host.id) > (host.lastSeenAtMs ?? 0);
}

function fenceDeadlineMs(state: State, host: Host): number {
  return host.statusSinceMs + state.meta.settings.fenceTimeoutSeconds * 1000;
}

function fenceAgainWhenDue(ctx: Context, host: Host): void {
  if (ctx.nowMs >= fenceDeadlineMs(ctx.state, host)) orderFence(ctx, host);
}

function fenceFailed(ctx: Context, host: Host, error: string): void {
  const provenDeadAt = Math.max(ctx.nowMs, provenDeadAtMs(ctx.state, host));
  ctx.emitAsActor("HostFenceFailed", { host: host.id, error, provenDeadAt }, host.causeSeq);
  const failed = ctx.state.tables.Host.get(host.id);
  if (heardSince(ctx.state, failed)) contactRestored(ctx, failed);
}

/** The driver's answer to a fence. */
export function fenceAnswered(
  ctx: Context,
  result: Extract<Observation, { kind: "ACTION_DONE" | "ACTION_FAILED" }>,
): void {
  const host = ctx.state.tables.Host.find(result.hostId);
  if (host?.status !== "FENCING" || host.generation !== result.generation) return;
  if (result.kind === "ACTION_DONE") hostsDown(ctx, [{ host, method: "POWER" }]);
  else if (host.fenceFailedAtMs === null) fenceFailed(ctx, host, result.error);
}

/** Hosts proven dead at one instant: their guests are free to start elsewhere. */
function hostsDown(ctx: Context, downs: readonly { host: Host; method: FenceMethod }[]): void {
  for (const { host, method } of downs) {
    const fenced = ctx.emit("HostFenced", { host: host.id, method }, host.causeSeq);
    const guests = ctx.state.indexes.guestsOnHost
      .of(host.id)
      .map((id) => ctx.state.tables.Guest.get(id));
    const lost = guests.filter((guest) => guest.hostId === host.id);
    const seq = ctx.emit("HostDown", { host: host.id, guestsLost: lost.length }, fenced);
    for (const guest of guests)
      if (guest.targetHostId === host.id) migrationTargetLost(ctx, guest, host, seq);
    ctx.hostsDown.push(host.id);
    ctx.touchedZones.add(host.zoneId);
  }
}

function migrationTargetLost(ctx: Context, guest: Guest, target: Host, causeSeq: number): void {
  if (guest.hostId === null) return;
  const error = `host ${target.name} is down`;
  const seq = ctx.emit(
    "GuestMigrationFailed",
    { guest: guest.id, fromHost: guest.hostId, toHost: target.id, error, unsupported: false },
    causeSeq,
  );
  failOperationOf(ctx, guest.id, ["MIGRATE_GUEST"], error, seq);
  ctx.touchedGuests.add(guest.id);
}

/** When the next silence is too long, or the next proof is due. */
export function nextHostDueAtMs(state: State): number {
  const { settings } = state.meta;
  let due = state.leases.oldestMs(state.indexes.watched) + settings.suspectAfterSeconds * 1000;
  for (const id of state.indexes.suspects) {
    const host = state.tables.Host.get(id);
    if (host.status === "SUSPECT") due = Math.min(due, fenceDueAtMs(state, host));
    else if (heardSince(state, host)) due = Math.min(due, fenceDeadlineMs(state, host));
    else due = Math.min(due, provenDeadAtMs(state, host));
  }
  return due;
}
