import type { Command, Outcome } from "../../model/commands.ts";
import type { Fault } from "../../model/entities.ts";
import type { FaultId, IdTypes, Ref, Seq } from "../../model/ids.ts";
import { LIMITS } from "../../model/limits.ts";
import type { FaultKind } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { nameOf } from "../name-of.ts";
import { conflict, invalid, notFound } from "../refusal.ts";
import type { State } from "../state.ts";
import { powerOn } from "./host-power-commands.ts";

/** Disturbances of the simulated world: facts of the log, so that a restarted server wakes in the same world. */

const TARGETS: Record<FaultKind, readonly (keyof IdTypes)[]> = {
  HOST_POWER: ["Host"],
  HOST_NETWORK: ["Host"],
  HOST_HANG: ["Host"],
  RACK_POWER: ["Rack"],
  ZONE_POWER: ["Zone"],
  ZONE_COOLING: ["Zone"],
  ZONE_NETWORK: ["Zone"],
  REGION_LOSS: ["Region"],
  GUEST_CRASH: ["Guest"],
  GUEST_START_FAILS: ["Guest", "Host"],
  MIGRATION_FAILS: ["Guest", "Host"],
  STORAGE_STALL: ["Host"],
  GUEST_HANG: ["Guest"],
};

/** A crash happens and is over; everything else lasts until it is cleared. */
const CRASH_LASTS_MS = 1;

export function injectFault(
  ctx: Context,
  { fault, target, durationSeconds }: Extract<Command, { kind: "INJECT_FAULT" }>,
): Outcome {
  checkTarget(ctx, fault, target);
  if (durationSeconds !== null && !(durationSeconds > 0 && durationSeconds <= LIMITS.faultSeconds))
    throw invalid(
      `A fault lasts more than 0 and at most ${LIMITS.faultSeconds} s, not ${durationSeconds}.`,
      ["durationSeconds"],
    );
  if (ctx.state.faults.has(`${fault}:${target.id}`))
    throw conflict(
      `${fault} is in force on ${nameOf(ctx.state, target.type, target.id)} already.`,
      ["targetId"],
    );
  const lastsMs =
    fault === "GUEST_CRASH" ? CRASH_LASTS_MS : durationSeconds && durationSeconds * 1000;
  const faultId = beginFault(ctx, fault, target, lastsMs, null);
  return { kind: "FAULT", faultId, fault, target };
}

/** Null stays until cleared. */
export function beginFault(
  ctx: Context,
  kind: FaultKind,
  target: Ref,
  lastsMs: number | null,
  causeSeq: Seq | null,
): FaultId {
  const id = ctx.newId<FaultId>();
  const untilMs = lastsMs === null ? null : ctx.nowMs + Math.max(1, Math.round(lastsMs));
  const definition = { id, kind, target, injectedAtMs: ctx.nowMs, untilMs, seq: 0 };
  const payload = { target, fault: kind, until: untilMs, definition };
  ctx.emitAsActor("FaultInjected", payload, causeSeq);
  return id;
}

export function clearFault(
  ctx: Context,
  { fault, target }: Extract<Command, { kind: "CLEAR_FAULT" }>,
): Outcome {
  checkTarget(ctx, fault, target);
  const faultId = ctx.state.faults.get(`${fault}:${target.id}`) as FaultId | undefined;
  const host = fault === "HOST_POWER" ? ctx.state.tables.Host.find(target.id) : undefined;
  if (faultId === undefined && host?.power?.phase === "OFF") {
    // Whoever speaks in faults means that it shall be on again.
    powerOn(ctx, host);
    return { kind: "FAULT", faultId: null, fault, target };
  }
  if (faultId === undefined)
    throw notFound(`${fault} is not in force on ${nameOf(ctx.state, target.type, target.id)}.`, [
      "targetId",
    ]);
  const { seq } = ctx.state.tables.Fault.get(faultId);
  ctx.emitAsActor("FaultCleared", { target, fault, faultId }, seq);
  return { kind: "FAULT", faultId, fault, target };
}

function checkTarget(ctx: Context, fault: FaultKind, target: Ref): void {
  if (!ctx.state.tables[target.type]?.find(target.id))
    throw notFound(`There is no such ${target.type.toLowerCase()}.`, ["targetId"]);
  const types = TARGETS[fault];
  if (!types.includes(target.type))
    throw invalid(`${fault} strikes a ${types.join(" or a ")}, not a ${target.type}.`, [
      "targetId",
    ]);
}

/** Faults whose time is over. */
export function expireFaults(ctx: Context): void {
  for (const fault of ctx.state.tables.Fault.sorted())
    if (fault.untilMs !== null && fault.untilMs <= ctx.nowMs) endFault(ctx, fault);
}

function endFault(ctx: Context, { target, kind: fault, id: faultId, seq }: Fault): void {
  ctx.emit("FaultCleared", { target, fault, faultId }, seq);
}

/** Nothing that is about to go leaves a disturbance behind. */
export function endFaultsOn(ctx: Context, targetId: number, causeSeq: Seq): void {
  for (const { target, kind: fault, id: faultId } of ctx.state.tables.Fault.sorted())
    if (target.id === targetId) ctx.emit("FaultCleared", { target, fault, faultId }, causeSeq);
}

export function nextFaultDueAtMs(state: State): number {
  let due = Number.POSITIVE_INFINITY;
  for (const { untilMs } of state.tables.Fault.values())
    if (untilMs !== null) due = Math.min(due, untilMs);
  return due;
}
