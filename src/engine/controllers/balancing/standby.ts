import type { Guest, Host, HostPower } from "../../../model/entities.ts";
import type { GuestId, HostId, Seq } from "../../../model/ids.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";
import { placeOn } from "../../placement/place.ts";
import type { State } from "../../state.ts";
import { orderSwitch } from "../host-power-commands.ts";
import { type MoveRound, moversWith, type Outcome } from "../moves/round.ts";
import { Plan, type Step } from "./plan.ts";
import { countOnWaking, wakeForWaiting } from "./wake.ts";

/** A host that was to be emptied and is not after so many intervals is left in service. */
const INTERVALS_TO_EMPTY = 3;

export function enterStandby(
  ctx: Context,
  { hostId: host, guests, savedWatts, because }: Extract<Step, { kind: "STANDBY" }>,
  causeSeq: Seq | null,
): string | null {
  const { capacity } = ctx.state.indexes;
  if (!capacity.room(host)?.placeable) return "the host is not in service";
  const definition = power(ctx, "STANDBY", "EMPTYING", false);
  ctx.emit("HostEnteringStandby", { host, guests, savedWatts, because, definition }, causeSeq);
  return null;
}

/** What keeps it from being woken; null when it will be. One that has not left yet stays, before another one is woken. */
export function leaveStandby(
  ctx: Context,
  host: HostId,
  because: string,
  causeSeq: Seq | null,
): string | null {
  const { state } = ctx;
  const [leaving] = emptying(state);
  if (leaving) {
    callOff(ctx, leaving);
    return null;
  }
  if (!state.indexes.standby.has(host)) return "the host is not in standby";
  const definition = power(ctx, "POWER_ON", "SWITCHING", true);
  ctx.emit("HostLeavingStandby", { host, because, definition }, causeSeq);
  const woken = state.tables.Host.get(host);
  orderSwitch(ctx, woken, woken.generation + 1);
  return null;
}

export function wakeAll(ctx: Context): void {
  const { indexes } = ctx.state;
  if (indexes.standby.size + indexes.attended.size === 0) return;
  for (const host of emptying(ctx.state)) callOff(ctx, host);
  for (const host of [...indexes.standby].sort((a, b) => a - b))
    leaveStandby(ctx, host, "power management is off", null);
}

function power(
  ctx: Context,
  verb: HostPower["verb"],
  phase: HostPower["phase"],
  wasOff: boolean,
): HostPower {
  const policy = verb === "STANDBY" ? "MIGRATE" : "FREEZE";
  return { verb, policy, phase, wasOff, sinceMs: ctx.nowMs, orderedAtMs: null, seq: 0 };
}

/** Hosts that are being emptied to be put in standby. */
function emptying({ indexes, tables }: State): Host[] {
  return [...indexes.attended]
    .sort((a, b) => a - b)
    .map((id) => tables.Host.get(id))
    .filter((host) => host.power?.verb === "STANDBY" && host.power.phase === "EMPTYING");
}

function callOff(ctx: Context, { id: host, power: called }: Host): void {
  if (called) ctx.emit("HostPowerCancelled", { host, verb: called.verb }, called.seq);
}

export function callOffStuck(ctx: Context): void {
  const { balanceEverySeconds } = ctx.state.meta.settings;
  const patienceMs = INTERVALS_TO_EMPTY * balanceEverySeconds * 1000;
  for (const host of emptying(ctx.state))
    if (ctx.nowMs - (host.power?.sinceMs ?? 0) >= patienceMs) callOff(ctx, host);
}

/** To look at all hosts once for all that leave. */
const PLANS = new WeakMap<MoveRound, Plan>();

function planOf(round: MoveRound): Plan {
  const plan = PLANS.get(round) ?? new Plan(round.state, round.ctx.nowMs);
  PLANS.set(round, plan);
  return plan;
}

/** A guest leaves a host that is to be put in standby: to where it raises the risk of overload least. */
export function leaveForStandby(round: MoveRound, guest: Guest, causeSeq: number | null): Outcome {
  const { ctx, state } = round;
  const movers = moversWith(state, guest);
  const plan = planOf(round);
  const unit = plan.unitOf(movers);
  const target = unit && guest.hostId !== null ? plan.bestTarget(unit, guest.hostId) : null;
  if (!target) return "WAITS";
  return round.moveAll(movers, "CONSOLIDATION", causeSeq, (subject) =>
    placeOn(state, subject, target.hostId, ctx.nowMs),
  );
}

/** Guests without a place wake hosts. */
export function wakesHosts({ meta, indexes }: State): boolean {
  const isOn = meta.settings.powerManagement === "AUTO";
  return isOn && indexes.standby.size + indexes.waking.size > 0;
}

export interface Unplaced {
  readonly guest: Guest;
  readonly reasons: readonly Reason[];
}

/** Hosts are woken for those that found no place. By guest: the host that it may wait for. */
export function wakeForUnplaced(ctx: Context, unplaced: readonly Unplaced[]): Map<GuestId, HostId> {
  const guests = unplaced.filter(lacksRoom).map(({ guest }) => guest);
  if (guests.length === 0) return new Map();
  const plan = new Plan(ctx.state, ctx.nowMs);
  let found = new Map<GuestId, HostId>();
  try {
    countOnWaking(plan);
    found = wakeForWaiting(plan, guests);
  } finally {
    plan.end();
  }
  for (const step of plan.steps)
    if (step.kind === "WAKE") leaveStandby(ctx, step.hostId, step.because, null);
  return found;
}

const LACKS_ROOM: ReadonlySet<string> = new Set([
  "HOST_CROWDED",
  "HOST_NOT_UP",
  "INSUFFICIENT_CPU",
  "INSUFFICIENT_MEMORY",
  "INSUFFICIENT_STORAGE",
  "RESERVED_BY_OTHERS",
  "ADMISSION_CONTROL",
  "AFFINITY_RULE",
  "HOST_WAKING",
]);
/** Those for which others are stopped, or that only wait for their turn, have their place. */
const HAS_PLACE: ReadonlySet<string> = new Set(["PREEMPTING", "STARTS_LIMITED"]);

function lacksRoom({ reasons }: Unplaced): boolean {
  return (
    reasons.some(({ code }) => LACKS_ROOM.has(code)) &&
    !reasons.some(({ code }) => HAS_PLACE.has(code))
  );
}
