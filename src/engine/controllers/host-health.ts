import type { Observation } from "../../model/actions.ts";
import type { Guest, Host } from "../../model/entities.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import type { TaskKind } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { isWanted } from "../guest-conditions.ts";
import { isUnheard, isWatched, knowsItsWatchdog } from "../host-conditions.ts";
import { holdOffIfFlapping } from "./flapping.ts";
import { hostReturned, isGoingDown } from "./host-power.ts";
import { guestDied } from "./lifecycle.ts";
import { failOperationOf, NEED_A_RUNNING_GUEST } from "./operations.ts";
import { repeatOrder } from "./unanswered.ts";

/**
 * Host health: heard of → UP; silent → SUSPECT → FENCING → proven dead → DOWN; heard of again → UP.
 * Here is the way up; detection and fencing are the way down.
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

export function contactRestored(ctx: Context, host: Host): void {
  endLossOfContact(ctx, host);
  const silentMs = ctx.nowMs - (host.lastSeenAtMs ?? ctx.nowMs);
  ctx.emitAsActor("HostContactRestored", { host: host.id, silentMs }, host.causeSeq);
  holdOffIfFlapping(ctx, host.id);
  ctx.touchedZones.add(host.zoneId);
  for (const id of ctx.state.indexes.guestsOnHost.of(host.id)) ctx.touchedGuests.add(id);
}

function cameUp(ctx: Context, host: Host): void {
  endLossOfContact(ctx, host);
  ctx.emitAsActor("HostUp", { host: host.id }, host.causeSeq);
  hostReturned(ctx, host.id);
  holdOffIfFlapping(ctx, host.id);
  ctx.touchedZones.add(host.zoneId);
}

/** The first host that is back after none was in contact. */
function endLossOfContact(ctx: Context, host: Host): void {
  const { meta, tables } = ctx.state;
  if (meta.contactLostAtMs === null) return;
  let lastMs = 0;
  for (const { lastSeenAtMs } of tables.Host.values()) lastMs = Math.max(lastMs, lastSeenAtMs ?? 0);
  const silentMs = ctx.nowMs - (lastMs || meta.contactLostAtMs);
  ctx.emitAsActor("ContactRestored", { host: host.id, silentMs }, host.causeSeq);
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
  if (host.status === "DOWN" || host.status === "STANDBY") cameUp(ctx, host);
  noteStock(ctx, seen);
  takeStock(ctx, host, seen, mayHaveMissed);
}

/** The first word of it since it was told to guard itself, or by which times: it has heard of them. */
function noteStock(
  ctx: Context,
  { hostId, guests }: Extract<Observation, { kind: "HOST_CONNECTED" }>,
): void {
  const host = ctx.state.tables.Host.get(hostId);
  if (knowsItsWatchdog(ctx.state, host) || !isWatched(host)) return;
  ctx.emitAsActor("HostStockTaken", { host: hostId, guests: guests.length }, host.causeSeq);
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
      missing(ctx, host, guest);
    else if (mayHaveMissed && !isCalledOffInTime(ctx, guest, host.id)) repeatOrder(ctx, guest);
  }
}

/** It need not be repeated on a host that was heard of all the while. */
function isCalledOffInTime(ctx: Context, { task }: Guest, hostId: HostId): boolean {
  const { statusSinceMs } = ctx.state.tables.Host.get(hostId);
  return task?.kind === "MIGRATE" && statusSinceMs < task.startedAtMs;
}

/**
 * A host that was out of contact for long has killed it, or was off: that is no failure of the guest's
 * own, and it may be tried everywhere. Disarmed, no watchdog kills, and nothing is started elsewhere.
 */
function missing(ctx: Context, host: Host, guest: Guest): void {
  const why = `host ${host.name} came back without it`;
  const wasSilent = isUnheard(host) && ctx.state.meta.armed;
  if (wasSilent && isWanted(guest)) guestLost(ctx, guest, host, why);
  else guestDied(ctx, guest, why, host.causeSeq);
}

function guestLost(ctx: Context, { id: guest }: Guest, host: Host, why: string): void {
  const lost = { guest, host: host.id, lastSeenAt: host.lastSeenAtMs ?? ctx.nowMs, failover: null };
  const seq = ctx.emit("GuestLost", lost, ctx.state.tables.Host.get(host.id).causeSeq);
  failOperationOf(ctx, guest, NEED_A_RUNNING_GUEST, why, seq);
  ctx.toPlace.guests.add(guest);
  ctx.touchedGuests.add(guest);
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
