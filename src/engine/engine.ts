import type { Observation } from "../model/actions.ts";
import { type Actor, ENGINE } from "../model/actors.ts";
import type { Command, Outcome } from "../model/commands.ts";
import { Context } from "./context.ts";
import { setGuestAllocation } from "./controllers/allocation.ts";
import { createApiToken, revokeApiToken } from "./controllers/api-tokens.ts";
import { endStockTaking, setHighAvailability } from "./controllers/arming.ts";
import {
  balance,
  closeInterval,
  endWhatIsOff,
  isBalanced,
  nextBalancingDueAtMs,
  scheduleRound,
} from "./controllers/balancing/balancing.ts";
import { applyRecommendation } from "./controllers/balancing/recommendations.ts";
import { checkContradictions } from "./controllers/contradictions/contradictions.ts";
import { checkSilences, hostProbed } from "./controllers/detection.ts";
import { clearFault, expireFaults, injectFault, nextFaultDueAtMs } from "./controllers/faults.ts";
import { confirmHostDead, fenceHost } from "./controllers/fence-commands.ts";
import { fenceAnswered } from "./controllers/fencing.ts";
import { releaseHeld } from "./controllers/flapping.ts";
import { applyFleet } from "./controllers/fleet/apply-fleet.ts";
import { gatheringUntilMs } from "./controllers/gathering.ts";
import {
  createGuest,
  deleteGuest,
  migrateGuest,
  rebootGuest,
  resizeGuest,
  resumeGuest,
  startGuest,
  stopGuest,
  suspendGuest,
} from "./controllers/guest-commands.ts";
import { heartbeats, hostConnected } from "./controllers/host-health.ts";
import {
  attendHosts,
  checkHostPower,
  hostPowerAnswered,
  nextHostPowerDueAtMs,
} from "./controllers/host-power.ts";
import { powerOnHost, rebootHost, shutdownHost } from "./controllers/host-power-commands.ts";
import { resolveIncidents, tellIncidents } from "./controllers/incidents.ts";
import {
  checkTimers,
  guestActionDone,
  guestActionFailed,
  guestGone,
  reconcileGuest,
} from "./controllers/lifecycle.ts";
import { targetsChecked, targetsIdle } from "./controllers/load-balancing/checks.ts";
import { loadBalancerCommand } from "./controllers/load-balancing/commands.ts";
import { attendLoadBalancing } from "./controllers/load-balancing/load-balancing.ts";
import { reachabilityChanged } from "./controllers/load-balancing/reachability.ts";
import { setMaintenance } from "./controllers/maintenance.ts";
import { movesWanted, orderMoves } from "./controllers/moves/moves.ts";
import { completeFailover, openFailovers } from "./controllers/recovery.ts";
import { handleScaling, isScaling } from "./controllers/scaling/handle.ts";
import { measureGroups } from "./controllers/scaling/measure.ts";
import { sweepMetrics } from "./controllers/scaling/missing.ts";
import { followForecasts } from "./controllers/scaling/policies.ts";
import {
  nextScalingDueAtMs,
  reconcileGroups,
  takeGroupsDue,
} from "./controllers/scaling/reconcile.ts";
import {
  createSecurityGroup,
  deleteSecurityGroup,
  setGuestSecurityGroups,
  updateSecurityGroup,
} from "./controllers/security-groups.ts";
import { nextSilenceDueAtMs } from "./controllers/silence.ts";
import { startWaiting } from "./controllers/starting.ts";
import { createTenant, deleteTenant, setQuota } from "./controllers/tenants.ts";
import { assessZone, zoneUtilityChanged } from "./controllers/zone-health.ts";
import type { Decision, Input } from "./input.ts";
import { Refusal, unsupported } from "./refusal.ts";
import { type State, widest } from "./state.ts";

/**
 * What follows from an input: facts in order, and for a command its outcome or why it is refused. The
 * facts are folded into the state one by one as they are found, and stay there until somebody rolls
 * the state back. After a refusal, a dry run or an error the state is as it was found, but for the
 * leases, heat, usage and signals, which take note of what is measured. Nothing else goes in: the same
 * state, input and time give the same facts. Throws only for bugs.
 */
export function decide(state: State, input: Input, nowMs: number): Decision {
  const mark = state.mark();
  const ctx = new Context(state, nowMs, actorOf(input));
  try {
    const outcome = input.kind === "TICK" ? tick(ctx) : handle(ctx, input);
    followUp(ctx);
    if (ctx.looksAtMoves) state.movesDueAtMs = Math.min(state.movesDueAtMs, ctx.movesNextMs);
    if (!isDryRun(input)) return { events: ctx.events, outcome, rejection: null };
    state.rollback(mark);
    return { events: [], outcome, rejection: null };
  } catch (error) {
    state.rollback(mark);
    if (error instanceof Refusal) return { events: [], outcome: null, rejection: error.rejection };
    // The same look would fail again, and again at once.
    if (input.kind === "TICK") {
      state.takeDue();
      scheduleRound(state, nowMs);
    }
    throw error;
  }
}

function actorOf(input: Input): Actor {
  if (input.kind === "COMMAND") return input.actor;
  return input.kind === "OBSERVATION" ? { kind: "DRIVER", name: input.driver } : ENGINE;
}

function isDryRun(input: Input): boolean {
  return input.kind === "COMMAND" && input.command.kind === "APPLY_FLEET" && input.command.dryRun;
}

function handle(ctx: Context, input: Exclude<Input, { kind: "TICK" }>): Outcome | null {
  if (input.kind === "COMMAND") return handleCommand(ctx, input.command);
  handleObservation(ctx, input.observation);
  return null;
}

/**
 * All that is due. What is due by now is looked at in this decision; what its own facts make due is
 * for the next one.
 */
function tick(ctx: Context): null {
  const { state } = ctx;
  ctx.balances = nextBalancingDueAtMs(state) <= ctx.nowMs;
  if (ctx.balances) closeInterval(state, ctx.nowMs);
  const before = state.takeDue();
  expireFaults(ctx);
  checkSilences(ctx);
  endStockTaking(ctx);
  checkTimers(ctx);
  releaseHeld(ctx);
  checkHostPower(ctx);
  sweepMetrics(ctx, (group) => followForecasts(ctx, group));
  takeGroupsDue(ctx, before.groupsDue);
  const placementDue = widest(before.placementDue, state.placementDue);
  const movesDueAtMs = Math.min(before.movesDueAtMs, state.movesDueAtMs);
  const isGathering = gatheringUntilMs(state) > ctx.nowMs;
  ctx.looksAtMoves = !isGathering && movesDueAtMs <= ctx.nowMs;
  if (!ctx.looksAtMoves) state.movesDueAtMs = movesDueAtMs;
  if (isGathering) state.placementDue = placementDue;
  else {
    ctx.toPlace.due = placementDue;
    state.looksHeldUntilMs = null;
  }
  return null;
}

function handleCommand(ctx: Context, command: Command): Outcome {
  if (isScaling(command)) return handleScaling(ctx, command);
  switch (command.kind) {
    case "APPLY_FLEET":
      return applyFleet(ctx, command);
    case "CREATE_GUEST":
      return createGuest(ctx, command);
    case "START_GUEST":
      return startGuest(ctx, command);
    case "STOP_GUEST":
      return stopGuest(ctx, command);
    case "SUSPEND_GUEST":
      return suspendGuest(ctx, command);
    case "RESUME_GUEST":
      return resumeGuest(ctx, command);
    case "REBOOT_GUEST":
      return rebootGuest(ctx, command);
    case "DELETE_GUEST":
      return deleteGuest(ctx, command);
    case "RESIZE_GUEST":
      return resizeGuest(ctx, command);
    case "MIGRATE_GUEST":
      return migrateGuest(ctx, command);
    case "SET_GUEST_ALLOCATION":
      return setGuestAllocation(ctx, command);
    case "CREATE_SECURITY_GROUP":
      return createSecurityGroup(ctx, command);
    case "UPDATE_SECURITY_GROUP":
      return updateSecurityGroup(ctx, command);
    case "DELETE_SECURITY_GROUP":
      return deleteSecurityGroup(ctx, command);
    case "SET_GUEST_SECURITY_GROUPS":
      return setGuestSecurityGroups(ctx, command);
    case "SET_MAINTENANCE":
      return setMaintenance(ctx, command);
    case "REBOOT_HOST":
      return rebootHost(ctx, command);
    case "SHUTDOWN_HOST":
      return shutdownHost(ctx, command);
    case "POWER_ON_HOST":
      return powerOnHost(ctx, command);
    case "CONFIRM_HOST_DEAD":
      return confirmHostDead(ctx, command);
    case "FENCE_HOST":
      return fenceHost(ctx, command);
    case "SET_HIGH_AVAILABILITY":
      return setHighAvailability(ctx, command);
    case "APPLY_RECOMMENDATION":
      return applyRecommendation(ctx, command);
    case "CREATE_TENANT":
      return createTenant(ctx, command);
    case "SET_QUOTA":
      return setQuota(ctx, command);
    case "DELETE_TENANT":
      return deleteTenant(ctx, command);
    case "CREATE_API_TOKEN":
      return createApiToken(ctx, command);
    case "REVOKE_API_TOKEN":
      return revokeApiToken(ctx, command);
    case "INJECT_FAULT":
      return injectFault(ctx, command);
    case "CLEAR_FAULT":
      return clearFault(ctx, command);
    case "ADVANCE_CLOCK": {
      // The runtime has moved the clock by now; this is the fact of it.
      ctx.emitAsActor("ClockAdvanced", { seconds: command.seconds }, null);
      return { kind: "CLOCK", nowMs: ctx.nowMs };
    }
    case "REFUSED_BEFORE":
      throw new Refusal(
        command.rejection.code,
        command.rejection.message,
        command.rejection.path,
        command.rejection.problems,
      );
    default: {
      const outcome = loadBalancerCommand(ctx, command);
      if (outcome) return outcome;
      throw unsupported("This command is not known here.", []);
    }
  }
}

function handleObservation(ctx: Context, seen: Observation): void {
  switch (seen.kind) {
    case "HEARTBEATS":
      heartbeats(ctx, seen.hostIds);
      break;
    case "HOST_CONNECTED":
      hostConnected(ctx, seen);
      break;
    case "GUEST_STOPPED":
    case "GUEST_CRASHED":
      guestGone(ctx, seen);
      break;
    case "ACTION_DONE":
    case "ACTION_FAILED":
      answered(ctx, seen);
      break;
    case "ZONE_UTILITY_CHANGED":
      zoneUtilityChanged(ctx, seen);
      break;
    case "HOST_PROBED":
      hostProbed(ctx, seen);
      break;
    case "HOST_HEAT":
      for (const { hostId, level } of seen.hosts) ctx.state.heat.set(hostId, level);
      break;
    case "TRAFFIC":
      break;
    case "LOAD_BALANCER_UNREACHABLE":
    case "LOAD_BALANCER_REACHABLE":
      reachabilityChanged(ctx, seen);
      break;
    case "TARGETS_IDLE":
      targetsIdle(ctx, seen);
      break;
    case "TARGET_CHECKS":
      targetsChecked(ctx, seen);
      break;
    case "USAGE":
      ctx.state.usage.note(seen.guests, ctx.nowMs);
      if (isBalanced(ctx.state)) ctx.state.demand.note(seen.guests);
      measureGroups(ctx, seen.guests);
      break;
  }
}

function answered(
  ctx: Context,
  seen: Extract<Observation, { kind: "ACTION_DONE" | "ACTION_FAILED" }>,
): void {
  if (seen.action === "FENCE") fenceAnswered(ctx, seen);
  else if (seen.guestId === null) hostPowerAnswered(ctx, seen);
  else if (seen.kind === "ACTION_DONE") guestActionDone(ctx, seen);
  else guestActionFailed(ctx, seen);
}

/** What the first facts lead to, from the largest failure domain down to the single guest. */
function followUp(ctx: Context): void {
  tellIncidents(ctx);
  for (const zoneId of [...ctx.touchedZones].sort((a, b) => a - b)) assessZone(ctx, zoneId);
  if (ctx.hostsDown.length > 0) openFailovers(ctx);
  endWhatIsOff(ctx);
  if (ctx.balances) balance(ctx);
  attendHosts(ctx);
  reconcileGroups(ctx);
  reconcileTouched(ctx);
  checkContradictions(ctx);
  if (ctx.toPlace.due !== "NOBODY" || ctx.toPlace.guests.size > 0) startWaiting(ctx);
  if (ctx.looksAtMoves) orderMoves(ctx);
  attendLoadBalancing(ctx);
  for (const id of [...ctx.state.indexes.openFailovers].sort((a, b) => a - b))
    completeFailover(ctx, id);
  resolveIncidents(ctx);
}

function reconcileTouched(ctx: Context): void {
  for (const id of [...ctx.touchedGuests].sort((a, b) => a - b)) reconcileGuest(ctx, id);
}

/**
 * When a TICK is due: at once when room has come free for guests that wait, else at the next silence,
 * proof, deadline, retry or end of a fault. Null: nothing will be.
 */
export function nextDueAtMs(state: State): number | null {
  const { timed, held, waiting, targets } = state.indexes;
  const gatheredMs = gatheringUntilMs(state);
  const isPlacementDue = state.placementDue !== "NOBODY" && waiting.size > 0;
  const due = Math.min(
    nextSilenceDueAtMs(state),
    state.meta.stockDueAtMs ?? Number.POSITIVE_INFINITY,
    nextHostPowerDueAtMs(state),
    nextBalancingDueAtMs(state),
    nextFaultDueAtMs(state),
    timed.nextMs,
    held.nextMs,
    targets.draining.nextMs,
    isPlacementDue ? gatheredMs : Number.POSITIVE_INFINITY,
    movesWanted(state) ? Math.max(gatheredMs, state.movesDueAtMs) : Number.POSITIVE_INFINITY,
    nextScalingDueAtMs(state),
  );
  return Number.isFinite(due) ? due : null;
}

/** The fact that a decision failed for a bug. The input that led to it changed nothing. */
export function decisionFailed(
  state: State,
  input: string,
  error: string,
  nowMs: number,
): Decision {
  const ctx = new Context(state, nowMs, ENGINE);
  ctx.emit("DecisionFailed", { input, error }, null);
  return { events: ctx.events, outcome: null, rejection: null };
}
