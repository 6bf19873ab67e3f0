import type { Action, Observation } from "../../model/actions.ts";
import type { Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import type { TaskKind } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { isWanted, wasStable } from "../guest-conditions.ts";
import { isUnheard } from "../host-conditions.ts";
import { isolationOf } from "../security.ts";
import { endUnwantedMigration, whyCalledOff } from "./calling-off.ts";
import { endFaultsOn } from "./faults.ts";
import { forgetGuest } from "./load-balancing/registration.ts";
import {
  failOperationOf,
  NEED_A_RUNNING_GUEST,
  settleOperation,
  succeedOperation,
  succeedOperationOf,
} from "./operations.ts";
import { endUnwantedStart, orderOverdue, startAnswered } from "./unanswered.ts";

/**
 * Guest lifecycle: brings what is observed to what is desired, one order to the driver at a time.
 * Starting is left to placement; everything else that a guest on a host needs is ordered here.
 */

/** Longest wait between two tries. */
const MAX_RETRY_MS = 60_000;

/** Looks at a guest that something happened to. On a settled guest it does nothing. */
export function reconcileGuest(ctx: Context, guestId: GuestId): void {
  const guest = ctx.state.tables.Guest.find(guestId);
  if (!guest) return;
  if (guest.task === null) {
    if (guest.deleting && guest.hostId === null) removeGuest(ctx, guest);
    else orderNext(ctx, guest);
  } else {
    endUnwantedStart(ctx, guest);
    endUnwantedMigration(ctx, guest);
  }
  const after = ctx.state.tables.Guest.find(guestId);
  if (after) settleOperation(ctx, after);
}

function removeGuest(ctx: Context, guest: Guest): void {
  const rules = ctx.state.indexes.writtenRules.rulesOf(guest.id);
  // While it can still be named.
  succeedOperation(ctx, guest.id, guest.causeSeq);
  endFaultsOn(ctx, guest.id, guest.causeSeq);
  forgetGuest(ctx, guest.id, guest.causeSeq);
  const seq = ctx.emit("GuestDeleted", { guest: guest.id }, guest.causeSeq);
  for (const rule of rules) {
    const definition = { ...rule, guestIds: rule.guestIds.filter((id) => id !== guest.id) };
    const changes = [`without guest ${guest.name}`];
    ctx.emit("AffinityRuleChanged", { rule: rule.id, changes, definition }, seq);
  }
}

/** What a guest at rest needs next, if anything. */
function orderNext(ctx: Context, guest: Guest): void {
  if (guest.hostId === null) {
    if (guest.desired === "STOPPED" && guest.status !== "STOPPED")
      ctx.emit("GuestStopped", { guest: guest.id, host: null }, guest.causeSeq);
    return;
  }
  if (guest.retryAtMs !== null && guest.retryAtMs > ctx.nowMs) return;
  const order = { guest: guest.id, host: guest.hostId, generation: guest.generation + 1 };
  const wants = guest.deleting ? "STOPPED" : guest.desired;
  if (!needsOrder(guest, wants)) return;
  if (!hostHears(ctx, guest)) return;
  if (wants === "STOPPED") ctx.emit("GuestStopping", order, guest.causeSeq);
  else if (wants === "SUSPENDED") ctx.emit("GuestSuspending", order, guest.causeSeq);
  else ctx.emit("GuestResuming", order, guest.causeSeq);
}

function needsOrder(guest: Guest, wants: Guest["desired"]): boolean {
  if (wants === "STOPPED") return guest.status === "RUNNING" || guest.status === "SUSPENDED";
  if (wants === "SUSPENDED") return guest.status === "RUNNING";
  return guest.status === "SUSPENDED";
}

/** Orders wait while the host is silent: it will be heard of again, or its guests are recovered. */
function hostHears(ctx: Context, guest: Guest): boolean {
  if (guest.hostId === null) return false;
  const host = ctx.state.tables.Host.get(guest.hostId);
  if (!isUnheard(host)) return true;
  const reasons: Reason[] = [
    {
      code: "HOST_NOT_UP",
      message: `host ${host.name} is ${host.status}; the order waits until it is heard of`,
      hostId: host.id,
    },
  ];
  if (guest.blockedBy[0]?.message !== reasons[0]?.message)
    ctx.emit("GuestBlocked", { guest: guest.id, reasons }, host.causeSeq);
  return false;
}

type ActionResult = Extract<Observation, { kind: "ACTION_DONE" | "ACTION_FAILED" }>;

/** The guest that an answer is about, if it is the answer to what was asked last. */
function answeredGuest(ctx: Context, result: ActionResult): Guest | null {
  if (result.guestId === null) return null;
  const guest = ctx.state.tables.Guest.find(result.guestId);
  if (!guest?.task || guest.task.generation !== result.generation) return null;
  return guest.task.kind === result.action ? guest : null;
}

export function guestActionDone(
  ctx: Context,
  result: Extract<Observation, { kind: "ACTION_DONE" }>,
): void {
  const guest = answeredGuest(ctx, result);
  if (!guest?.task || guest.hostId === null) return;
  const { id, hostId: host, task } = guest;
  const tookMs = ctx.nowMs - task.startedAtMs;
  const downtimeMs = result.downtimeMs ?? 0;
  switch (task.kind) {
    case "START":
      startAnswered(ctx, host);
      started(ctx, guest);
      break;
    case "STOP":
      if (task.endsStart && isWanted(guest)) startEnded(ctx, guest, task.seq);
      else stopped(ctx, guest, task.seq);
      break;
    case "SUSPEND":
      ctx.emitAsActor("GuestSuspended", { guest: id, host }, task.seq);
      break;
    case "RESUME":
      ctx.emitAsActor("GuestResumed", { guest: id, host }, task.seq);
      break;
    case "REBOOT": {
      startAnswered(ctx, host);
      const rebooted = { guest: id, host, downtimeMs: tookMs };
      const seq = ctx.emitAsActor("GuestRebooted", rebooted, task.seq);
      succeedOperationOf(ctx, id, ["REBOOT_GUEST"], seq);
      break;
    }
    case "RESIZE": {
      const { resources, flavorId } = task.resize ?? guest;
      const resized = { guest: id, resources, flavor: flavorId };
      const seq = ctx.emitAsActor("GuestResized", resized, task.seq);
      succeedOperationOf(ctx, id, ["RESIZE_GUEST"], seq);
      break;
    }
    case "MIGRATE": {
      const toHost = guest.targetHostId ?? host;
      const cause = task.seq;
      const moved = { guest: id, fromHost: host, toHost, durationMs: tookMs, downtimeMs };
      const seq = ctx.emitAsActor("GuestMigrated", moved, cause);
      succeedOperationOf(ctx, id, ["MIGRATE_GUEST"], seq);
      break;
    }
  }
  ctx.touchedGuests.add(id);
}

/** It is certain now that it is not there, whatever became of its start. */
function startEnded(ctx: Context, guest: Guest, cause: number): void {
  const error = "the start had no answer";
  giveUpOrRetry(ctx, "GuestStartFailed", guest, error, cause);
  const { causeSeq } = ctx.state.tables.Guest.get(guest.id);
  failOperationOf(ctx, guest.id, NEED_A_RUNNING_GUEST, error, causeSeq);
}

/** If it was stopped with its host, to come back with it: that is for the host to see to. */
function stopped(ctx: Context, guest: Guest, cause: number): void {
  const { id: guestId, hostId, frozenOnHostId } = guest;
  if (frozenOnHostId !== null && isWanted(guest))
    ctx.emitAsActor("GuestFrozen", { guest: guestId, host: frozenOnHostId }, cause);
  else ctx.emitAsActor("GuestStopped", { guest: guestId, host: hostId }, cause);
}

function started(ctx: Context, guest: Guest): void {
  const { id, hostId, task, loss, imageId: image, requestedAtMs: requestedAt } = guest;
  if (hostId === null || task === null) return;
  if (loss) {
    const { fromHostId: fromHost, sinceMs, failoverId: failover } = loss;
    const downtimeMs = ctx.nowMs - sinceMs;
    const payload = {
      guest: id,
      fromHost,
      toHost: hostId,
      downtimeMs,
      failover,
      image,
      requestedAt,
    };
    ctx.emitAsActor("GuestFailedOver", payload, task.seq);
  } else {
    const bootMs = ctx.nowMs - task.startedAtMs;
    const payload = { guest: id, host: hostId, bootMs, image, requestedAt };
    ctx.emitAsActor("GuestStarted", payload, task.seq);
  }
  placeDependents(ctx, id);
}

function placeDependents(ctx: Context, id: GuestId): void {
  for (const dependent of ctx.state.indexes.dependents.of(id)) ctx.toPlace.guests.add(dependent);
}

export function guestActionFailed(
  ctx: Context,
  result: Extract<Observation, { kind: "ACTION_FAILED" }>,
): void {
  const guest = answeredGuest(ctx, result);
  if (!guest?.task || guest.hostId === null) return;
  const { id, hostId: host, task } = guest;
  const { error } = result;
  switch (task.kind) {
    case "START":
      startAnswered(ctx, host);
      giveUpOrRetry(ctx, "GuestStartFailed", guest, error, task.seq);
      break;
    case "MIGRATE":
      migrationFailed(ctx, guest, whyCalledOff(guest) ?? error, result.unsupported ?? false);
      break;
    default: {
      // A stop or suspension is wanted until it is done; a reboot or resize was asked for once.
      const again = task.endsStart || isStillWanted(ctx, guest, task.kind);
      const retryAt = again ? ctx.nowMs + ctx.state.meta.settings.retrySeconds * 1000 : null;
      const payload = { guest: id, host, action: task.kind, error, retryAt };
      const seq = ctx.emitAsActor("GuestActionFailed", payload, task.seq);
      if (!again) failOperationOf(ctx, id, ["REBOOT_GUEST", "RESIZE_GUEST"], error, seq);
      for (const waiting of ctx.state.indexes.makingRoom.of(host)) ctx.toPlace.guests.add(waiting);
    }
  }
  ctx.touchedGuests.add(id);
}

/** Somebody may have thought better of it since it was ordered; who was to have its room looks elsewhere. */
function isStillWanted(ctx: Context, guest: Guest, kind: TaskKind): boolean {
  const { desired, deleting, frozenOnHostId, hostId } = guest;
  if (kind === "SUSPEND") return desired === "SUSPENDED";
  if (kind === "RESUME") return desired === "RUNNING";
  if (kind !== "STOP") return false;
  if (desired === "STOPPED" || deleting) return true;
  if (frozenOnHostId !== null) return true;
  return hostId !== null && ctx.state.tables.Host.get(hostId).power !== null;
}

/** A guest stopped or crashed by itself, on the host where it is believed to be. */
export function guestGone(
  ctx: Context,
  seen: Extract<Observation, { kind: "GUEST_STOPPED" | "GUEST_CRASHED" }>,
): void {
  const guest = ctx.state.tables.Guest.find(seen.guestId);
  if (guest?.task?.kind === "MIGRATE" && guest.targetHostId === seen.hostId)
    goneWhereItGoes(ctx, guest);
  if (!guest || guest.hostId !== seen.hostId) return;
  // A start or stop that is under way answers for itself.
  if (guest.task?.kind === "START" || guest.task?.kind === "STOP") return;
  const fault = ctx.state.faults.get(`GUEST_CRASH:${guest.id}`);
  const cause = fault === undefined ? null : ctx.state.tables.Fault.get(fault).seq;
  guestDied(ctx, guest, seen.detail, cause);
}

/**
 * It crashed where it migrates to, before word came that it is there: or only what was to become it
 * did. Both hosts are asked what they have, and that tells.
 */
function goneWhereItGoes(ctx: Context, guest: Guest): void {
  migrationFailed(ctx, guest, "it crashed on arrival", false);
  ctx.touchedGuests.add(guest.id);
}

function migrationFailed(ctx: Context, guest: Guest, error: string, unsupported: boolean): void {
  const { id, hostId: fromHost, targetHostId: toHost, task } = guest;
  if (fromHost === null || task === null) return;
  const payload = { guest: id, fromHost, toHost, error, unsupported };
  const seq = ctx.emitAsActor("GuestMigrationFailed", payload, task.seq);
  failOperationOf(ctx, id, ["MIGRATE_GUEST"], error, seq);
}

/** The guest ran and runs no more, on a host that is well. */
export function guestDied(ctx: Context, guest: Guest, error: string, cause: number | null): void {
  if (guest.desired === "STOPPED") {
    ctx.emitAsActor("GuestStopped", { guest: guest.id, host: guest.hostId }, cause);
  } else {
    giveUpOrRetry(ctx, "GuestCrashed", guest, error, cause);
    const { causeSeq } = ctx.state.tables.Guest.get(guest.id);
    failOperationOf(ctx, guest.id, NEED_A_RUNNING_GUEST, error, causeSeq);
  }
  ctx.touchedGuests.add(guest.id);
}

/**
 * After a failed start or a crash: `maxRestarts` more tries on the same host, each after a longer
 * wait, then other hosts, `maxRelocations` of them, then ERROR until somebody asks again.
 */
function giveUpOrRetry(
  ctx: Context,
  kind: "GuestStartFailed" | "GuestCrashed",
  guest: Guest,
  error: string,
  cause: number | null,
): void {
  if (guest.hostId === null) return;
  const { maxRestarts, maxRelocations } = guest.recovery;
  const forgiven = kind === "GuestCrashed" && wasStable(guest, ctx.nowMs);
  const restarts = guest.task?.endsStart ? maxRestarts + 1 : forgiven ? 1 : guest.restarts + 1;
  const givenUp = forgiven ? 0 : guest.triedHostIds.length;
  const giveUpHost = restarts > maxRestarts;
  const exhausted = giveUpHost && givenUp >= maxRelocations;
  const waitMs = Math.min(
    MAX_RETRY_MS,
    ctx.state.meta.settings.retrySeconds * 1000 * 2 ** Math.min(10, restarts - 1),
  );
  const seq = ctx.emitAsActor(
    kind,
    {
      guest: guest.id,
      host: guest.hostId,
      error,
      restarts: giveUpHost ? 0 : restarts,
      retryAt: exhausted ? null : ctx.nowMs + (giveUpHost ? 0 : waitMs),
      giveUpHost,
    },
    cause,
  );
  ctx.toPlace.guests.add(guest.id);
  if (!exhausted) return;
  const hosts = givenUp + 1;
  const reasons: Reason[] = [
    {
      code: "RESTARTS_EXHAUSTED",
      message: `did not stay up on ${hosts} host${hosts === 1 ? "" : "s"} (last: ${error.replace(/\.$/, "")}); start it again once the cause is mended`,
      hostId: guest.hostId,
    },
  ];
  ctx.emit("GuestFailed", { guest: guest.id, reasons }, seq);
}

/** Orders that nobody answered, and waits that are over. */
export function checkTimers(ctx: Context): void {
  for (const id of ctx.state.indexes.timed.due(ctx.nowMs)) {
    const guest = ctx.state.tables.Guest.get(id);
    if (guest.readyAtMs !== null && guest.readyAtMs <= ctx.nowMs) {
      ctx.emit("GuestReady", { guest: id }, guest.causeSeq);
      placeDependents(ctx, id);
    }
    if (guest.task && guest.task.deadlineMs <= ctx.nowMs) orderOverdue(ctx, guest);
    else if (guest.retryAtMs !== null && guest.retryAtMs <= ctx.nowMs) {
      ctx.toPlace.guests.add(guest.id);
      ctx.touchedGuests.add(guest.id);
      endVainRetry(ctx, guest);
    }
  }
}

/** What failed is due again, and may be impossible now, or wanted by nobody any more. */
function endVainRetry(ctx: Context, guest: Guest): void {
  const { id, hostId: host, task, desired, deleting } = guest;
  if (host === null || task !== null || !hostHears(ctx, guest)) return;
  // One that can leave is moved at once; what keeps another one is told anew.
  const isStuck = guest.status === "SUSPENDED" || guest.moveBlockedBy.length > 0;
  const isToLeave = !isStuck && ctx.state.tables.Host.get(host).status === "DRAINING";
  if (!isToLeave && !needsOrder(guest, deleting ? "STOPPED" : desired))
    ctx.emit("GuestMayStay", { guest: id, host }, guest.causeSeq);
}

/** The order that a guest's task stands for. */
export function actionOf(ctx: { state: Context["state"] }, guest: Guest): Action | null {
  const { task, hostId } = guest;
  if (task === null || hostId === null) return null;
  const order = { guestId: guest.id, hostId, generation: task.generation };
  switch (task.kind) {
    case "START": {
      const image = ctx.state.tables.Image.get(guest.imageId);
      const { name, resources, workload } = guest;
      const description = {
        name,
        resources,
        image: image.name,
        bootSeconds: image.bootSeconds,
        workload,
        isolation: isolationOf(ctx.state, guest),
        groupId: guest.membership?.groupId ?? null,
      };
      return { kind: "START", ...order, guest: description };
    }
    case "STOP":
      return { kind: "STOP", ...order, force: task.endsStart ?? false };
    case "RESIZE":
      return { kind: "RESIZE", ...order, resources: task.resize?.resources ?? guest.resources };
    case "MIGRATE": {
      const kind = task.calledOff ? "CANCEL_MIGRATION" : "MIGRATE";
      return { kind, ...order, targetHostId: guest.targetHostId ?? hostId };
    }
    default:
      return { kind: task.kind, ...order };
  }
}
