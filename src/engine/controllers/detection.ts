import type { Observation } from "../../model/actions.ts";
import type { Host } from "../../model/entities.ts";
import type { FenceMethod } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { disturbanceOf } from "./disturbance.ts";
import { fenceFailed, hostsDown, orderFence } from "./fencing.ts";
import { isOutOfContact, nextSilenceDueAtMs, nextStep, type Step } from "./silence.ts";

/** Detection: silences that have lasted too long, and what others say of them. */

export function checkSilences(ctx: Context): void {
  mindTheClock(ctx);
  suspectSilent(ctx);
  noticeLossOfContact(ctx);
  const downs: { host: Host; method: FenceMethod }[] = [];
  for (const { host, step } of dueSteps(ctx)) {
    if (step.kind === "FENCE") orderFence(ctx, host);
    else if (step.kind === "PROVEN_DEAD") downs.push({ host, method: "WATCHDOG" });
    else fenceTimedOut(ctx, host);
  }
  if (downs.length > 0) hostsDown(ctx, downs);
}

/**
 * A process that was stopped for a while, or whose clock was set, has heard nobody meanwhile. That is
 * no silence of theirs: it begins to listen anew, as after a restart.
 */
function mindTheClock({ state, nowMs }: Context): void {
  const { leases, meta } = state;
  const lateMs = nowMs - nextSilenceDueAtMs(state);
  if (lateMs > meta.settings.suspectAfterSeconds * 1000 || leases.isAheadOf(nowMs))
    leases.beginAnew(nowMs);
}

function suspectSilent(ctx: Context): void {
  const { leases, indexes, tables, meta } = ctx.state;
  const silentMs = meta.settings.suspectAfterSeconds * 1000;
  if (leases.oldestMs(indexes.watched) > ctx.nowMs - silentMs) return;
  for (const id of [...indexes.watched].sort((a, b) => a - b))
    if (ctx.nowMs - leases.lastMs(id) >= silentMs) suspect(ctx, tables.Host.get(id));
}

function suspect(ctx: Context, host: Host): void {
  const lastSeenAt = ctx.state.leases.lastMs(host.id);
  const cause = disturbanceOf(ctx.state, host);
  const silentMs = ctx.nowMs - lastSeenAt;
  ctx.emit("HostSuspected", { host: host.id, lastSeenAt, silentMs }, cause);
  ctx.touchedZones.add(host.zoneId);
}

/** Before the first deed that a silence leads to, for a deed cannot be undone. */
function noticeLossOfContact(ctx: Context): void {
  if (ctx.state.meta.contactLostAtMs !== null) return;
  const [deed] = dueSteps(ctx).filter(({ step }) => step.kind !== "FENCE_TIMES_OUT");
  if (!deed || !isOutOfContact(ctx.state)) return;
  const hosts = ctx.state.indexes.suspects.size;
  ctx.emit("ContactLost", { hosts }, deed.host.causeSeq);
}

function dueSteps({ state, nowMs }: Context): { host: Host; step: Step }[] {
  const due: { host: Host; step: Step }[] = [];
  for (const id of [...state.indexes.suspects].sort((a, b) => a - b)) {
    const host = state.tables.Host.get(id);
    const step = nextStep(state, host);
    if (step && step.atMs <= nowMs) due.push({ host, step });
  }
  return due;
}

function fenceTimedOut(ctx: Context, host: Host): void {
  const { fenceTimeoutSeconds } = ctx.state.meta.settings;
  fenceFailed(ctx, host, `no answer within ${fenceTimeoutSeconds} s`);
}

/**
 * A second opinion. Dead: it is fenced without waiting any longer. Alive: it is cut off from here, its
 * own watchdog sees to its guests, and it may be back before that.
 */
export function hostProbed(
  ctx: Context,
  seen: Extract<Observation, { kind: "HOST_PROBED" }>,
): void {
  const host = ctx.state.tables.Host.find(seen.hostId);
  // One that was heard of meanwhile, and is silent again, is asked about again.
  if (host?.status !== "SUSPECT" || host.causeSeq !== seen.suspicion) return;
  const { opinion, by } = seen;
  if (host.opinion === opinion) return;
  const seq = ctx.emitAsActor("HostProbed", { host: host.id, opinion, by }, host.causeSeq);
  const probed = ctx.state.tables.Host.get(host.id);
  const step = nextStep(ctx.state, probed);
  if (opinion === "DEAD" && step?.kind === "FENCE") orderFence(ctx, probed, seq);
}
