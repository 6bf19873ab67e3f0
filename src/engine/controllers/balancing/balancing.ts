import type { Host } from "../../../model/entities.ts";
import type { HostId } from "../../../model/ids.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { AutomationMode, RecommendationKind } from "../../../model/statuses.ts";
import type { Context } from "../../context.ts";
import { knowsWhatRuns } from "../../fleet-conditions.ts";
import { hostLoad, limitOf } from "../../load.ts";
import type { State } from "../../state.ts";
import { sameReasons } from "../blocking.ts";
import { carryOut } from "./carry-out.ts";
import { consolidate } from "./consolidate.ts";
import { Plan, type Step } from "./plan.ts";
import { recommend, withdraw } from "./recommendations.ts";
import { evenOut, overloaded, relieve } from "./relieve.ts";
import { callOffStuck, wakeAll } from "./standby.ts";
import { countOnWaking, keepHeadroom } from "./wake.ts";

/**
 * Balancing and power management: once an interval all hosts are looked at with what their guests are
 * expected to ask for. Overloaded hosts lose guests; guests move where that pays; hosts are woken while
 * too little is left, and otherwise put in standby where that pays.
 */
export function balance(ctx: Context): void {
  const { state, nowMs } = ctx;
  scheduleRound(state, nowMs);
  const isNothingKnown = state.demand.isUnknown && state.tables.Guest.size > 0;
  if (isNothingKnown || !state.meta.armed || !knowsWhatRuns(state)) return;
  callOffStuck(ctx);
  const { steps, unrelieved } = planned(state, nowMs);
  tellOverloads(ctx, unrelieved);
  const inMode = (mode: AutomationMode) => steps.filter(({ kind }) => modeOf(state, kind) === mode);
  recommend(ctx, inMode("ADVISE"));
  carryOut(ctx, inMode("AUTO"));
}

/** What was switched off leaves nothing behind: hosts come back, advice is withdrawn. */
export function endWhatIsOff(ctx: Context): void {
  const { state } = ctx;
  for (const advice of state.tables.Recommendation.sorted())
    if (modeOf(state, advice.kind) !== "ADVISE") withdraw(ctx, advice);
  if (!isOn(state.meta.settings.powerManagement)) wakeAll(ctx);
}

/** Of its limit, what an overloaded host is asked for when that is over: demand that wavers about the limit is told once. */
const RELIEVED_AT = 0.95;

/** Moves are balancing's, hosts are power management's. */
function modeOf({ meta }: State, kind: RecommendationKind): AutomationMode {
  return kind === "MOVE" ? meta.settings.balancing : meta.settings.powerManagement;
}

const isOn = (mode: AutomationMode) => mode !== "OFF";

export function isBalanced({ meta }: State): boolean {
  return isOn(meta.settings.balancing) || isOn(meta.settings.powerManagement);
}

/** Infinite when nobody wants it. Rounds are as many seconds apart as the settings say, on a fixed grid. */
export function nextBalancingDueAtMs(state: State): number {
  if (!isBalanced(state)) return Number.POSITIVE_INFINITY;
  return state.balancingDueAtMs ?? 0;
}

export function scheduleRound(state: State, nowMs: number): void {
  const everyMs = state.meta.settings.balanceEverySeconds * 1000;
  state.balancingDueAtMs = (Math.floor(nowMs / everyMs) + 1) * everyMs;
}

/** What was asked for since the last round counts from now on. */
export function closeInterval(state: State, nowMs: number): void {
  const { demand, tables, meta } = state;
  const interval = Math.floor(nowMs / (meta.settings.balanceEverySeconds * 1000));
  demand.closeInterval(interval, (id) => tables.Guest.find(id)?.resources.cpuMillicores);
  state.hostLoads.forget();
  // Guests of hosts that are to stand by may have another place to go to now.
  state.movesDueAtMs = 0;
}

interface Planned {
  readonly steps: readonly Step[];
  /** Hosts that stay overloaded whatever is done. */
  readonly unrelieved: ReadonlySet<number>;
}

function planned(state: State, nowMs: number): Planned {
  const { balancing, powerManagement } = state.meta.settings;
  const plan = new Plan(state, nowMs);
  try {
    countOnWaking(plan);
    if (isOn(balancing)) {
      // A host that is woken for guests whose moves are only advised would stand by again.
      const movesAlike = balancing === "AUTO" || powerManagement === "ADVISE";
      relieve(plan, isOn(powerManagement) && movesAlike);
      evenOut(plan);
    }
    const unrelieved = new Set(overloaded(plan));
    if (isOn(powerManagement)) saveHosts(plan);
    return { steps: plan.steps, unrelieved };
  } finally {
    plan.end();
  }
}

/** While hosts are woken none is put in standby, nor while guests wait for a place or are being recovered. */
function saveHosts(plan: Plan): void {
  const { openFailovers, waiting, waking } = plan.state.indexes;
  keepHeadroom(plan);
  const isBusy = openFailovers.size + waiting.size + waking.size > 0;
  if (!isBusy && !plan.steps.some(({ kind }) => kind === "WAKE")) consolidate(plan);
}

/** Says so when a host becomes overloaded or is no longer, and what is new about why it stays so. */
function tellOverloads(ctx: Context, unrelieved: ReadonlySet<number>): void {
  if (!isOn(ctx.state.meta.settings.balancing)) return;
  for (const host of ctx.state.tables.Host.sorted()) tellOverload(ctx, host, unrelieved);
}

function tellOverload(ctx: Context, host: Host, unrelieved: ReadonlySet<number>): void {
  const { state } = ctx;
  const { id, overload } = host;
  const isOpen = state.indexes.capacity.room(id)?.placeable === true;
  if (!isOpen && overload === null) return;
  const { latest } = hostLoad(state, id);
  const limit = limitOf(state, host);
  const told = { host: id, demandCores: latest / 1000, limitCores: limit / 1000 };
  const end = overload === null ? limit : limit * RELIEVED_AT;
  if (!isOpen || latest <= end) {
    if (overload !== null) ctx.emit("HostRelieved", told, null);
    return;
  }
  const seq = overload?.seq ?? ctx.emit("HostOverloaded", told, null);
  const reasons = [noRelief(id)];
  if (unrelieved.has(id) && !sameReasons(overload?.reasons ?? [], reasons))
    ctx.emit("BalancingHeld", { host: id, reasons }, seq);
}

function noRelief(hostId: HostId): Reason {
  const message =
    "none of its guests can move to where it would be better: hosts that are up lack room, or rules or people keep the guests here";
  return { code: "NO_RELIEF", message, hostId };
}
