import type { Observation } from "../../model/actions.ts";
import type { Guest, Host } from "../../model/entities.ts";
import type { FenceMethod } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { gather } from "./gathering.ts";
import { contactRestored } from "./host-health.ts";
import { failOperationOf } from "./operations.ts";
import { heardSince, provenDeadAtMs, silentSinceMs } from "./silence.ts";

/**
 * Fencing: nothing of a host's is started elsewhere before it is proven dead, by a fence that the
 * driver confirms, by the time after which its watchdog has killed everything, or by somebody who knows.
 */

export function orderFence(ctx: Context, host: Host, causeSeq = host.causeSeq): void {
  const silentMs = ctx.nowMs - silentSinceMs(ctx.state, host);
  const generation = host.generation + 1;
  ctx.emit("HostFencing", { host: host.id, generation, silentMs }, causeSeq);
  ctx.touchedZones.add(host.zoneId);
}

/**
 * It may have been carried out all the same. Whoever was heard of meanwhile is taken at its word and
 * asked what runs there; nothing of it was started elsewhere yet.
 */
export function fenceFailed(ctx: Context, host: Host, error: string): void {
  const provenMs = provenDeadAtMs(ctx.state, host);
  const provenDeadAt = provenMs === null ? null : Math.max(ctx.nowMs, provenMs);
  const heard = heardSince(ctx.state, host);
  const next = heard ? "it was heard of meanwhile" : whatThen(provenDeadAt);
  ctx.emitAsActor("HostFenceFailed", { host: host.id, error, next, provenDeadAt }, host.causeSeq);
  if (heard) contactRestored(ctx, ctx.state.tables.Host.get(host.id));
}

function whatThen(provenDeadAt: number | null): string {
  if (provenDeadAt === null)
    return "its watchdog is not known to be on, so only a fence that succeeds can prove it dead, or an admin who knows that it is off (confirmHostDead)";
  return `its watchdog's time decides at ${new Date(provenDeadAt).toISOString()}`;
}

/** The driver's answer to a fence. */
export function fenceAnswered(
  ctx: Context,
  result: Extract<Observation, { kind: "ACTION_DONE" | "ACTION_FAILED" }>,
): void {
  const host = ctx.state.tables.Host.find(result.hostId);
  if (host?.status !== "FENCING" || host.generation !== result.generation) return;
  if (result.kind === "ACTION_DONE") {
    ctx.recoversLater = true;
    hostsDown(ctx, [{ host, method: "POWER" }]);
    gather(ctx.state, ctx.nowMs);
  } else if (host.fenceFailedAtMs === null) fenceFailed(ctx, host, result.error);
}

/** Hosts proven dead at one instant: their guests are free to start elsewhere. */
export function hostsDown(
  ctx: Context,
  downs: readonly { host: Host; method: FenceMethod }[],
): void {
  for (const { host, method } of downs) {
    const fenced = ctx.emitAsActor("HostFenced", { host: host.id, method }, host.causeSeq);
    const { guestsOnHost, moves } = ctx.state.indexes;
    const arrivals = moves.migratingOn
      .of(host.id)
      .map((id) => ctx.state.tables.Guest.get(id))
      .filter(({ targetHostId }) => targetHostId === host.id);
    const guestsLost = guestsOnHost.count(host.id) - arrivals.length;
    const seq = ctx.emit("HostDown", { host: host.id, guestsLost }, fenced);
    for (const guest of arrivals) migrationTargetLost(ctx, guest, host, seq);
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
