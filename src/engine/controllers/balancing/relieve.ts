import type { HostId } from "../../../model/ids.ts";
import { subtractLoad } from "../../load.ts";
import { least } from "./least.ts";
import type { Plan, Target, Unit } from "./plan.ts";
import { riskCostWh } from "./price.ts";
import { wakeFor } from "./wake.ts";
import { asksFor, percent, wattHours } from "./words.ts";

/** A move that pays must save so many times what it costs: what is not sure to pay is not worth the risk. */
const MARGIN = 1.5;
/** Moves in one round for a risk that has not come true. */
const EVENED_OUT_MOST = 8;

interface Move {
  readonly unit: Unit;
  readonly target: Target;
  /** What it costs, less the risk that its host is rid of, in watt-hours. */
  readonly costWh: number;
}

/** Hosts that are asked for more than they should give lose guests until they are not. */
export function relieve(plan: Plan, mayWake: boolean): void {
  for (const hostId of overloaded(plan)) {
    while (isOverloaded(plan, hostId) && relieveOnce(plan, hostId, mayWake));
  }
}

/** The worst first. */
export function overloaded(plan: Plan): HostId[] {
  const filling = (id: HostId) => plan.load(id).latest / plan.limit(id);
  return plan
    .openHosts()
    .map(({ id }) => id)
    .filter((id) => isOverloaded(plan, id))
    .sort((a, b) => filling(b) - filling(a) || a - b);
}

function isOverloaded(plan: Plan, hostId: HostId): boolean {
  return plan.load(hostId).latest > plan.limit(hostId);
}

/** False when nothing more can be done. */
function relieveOnce(plan: Plan, hostId: HostId, mayWake: boolean): boolean {
  const excess = plan.load(hostId).latest - plan.limit(hostId);
  const movable = plan.unitsOn(hostId).filter((unit) => unit !== null);
  const enough = movable.filter(({ load }) => load.latest >= excess);
  const wakes = (units: readonly Unit[]) => mayWake && wakeFor(plan, units, hostId);
  const one = cheapest(plan, hostId, enough);
  if (!one && wakes(enough)) return true;
  const move = one ?? largest(plan, hostId, movable);
  if (!move) return wakes(movable);
  const before = asksFor(plan.load(hostId), plan.limit(hostId));
  play(plan, hostId, move, `its host ${before}`);
  return true;
}

/** None is enough alone: the one that takes most of it off the host. */
function largest(plan: Plan, hostId: HostId, units: readonly Unit[]): Move | null {
  for (const unit of [...units].sort((a, b) => b.load.latest - a.load.latest)) {
    if (unit.load.latest === 0) return null;
    const move = cheapest(plan, hostId, [unit]);
    if (move) return move;
  }
  return null;
}

/** The move that costs least, counting what it does to the risk of both hosts. */
function cheapest(plan: Plan, hostId: HostId, units: readonly Unit[]): Move | null {
  let best: Move | null = null;
  for (const unit of units) {
    const target = plan.bestTarget(unit, hostId);
    if (!target) continue;
    const costWh = plan.migrationWh(unit) + target.riskWh - relief(plan, hostId, unit);
    if (!best || costWh < best.costWh) best = { unit, target, costWh };
  }
  return best;
}

/** In watt-hours: the risk that the host is rid of. */
function relief(plan: Plan, hostId: HostId, { load }: Unit): number {
  const after = subtractLoad(plan.load(hostId), load);
  return riskCostWh(plan.risk(hostId) - plan.risk(hostId, after));
}

/** Moves before any host is overloaded, where they pay for themselves. */
export function evenOut(plan: Plan): void {
  const hosts = plan.openHosts().map(({ id }) => id);
  for (let moves = 0; moves < EVENED_OUT_MOST; moves++) {
    const [worst] = least(hosts, 1, (id) => -plan.risk(id));
    if (worst === undefined) return;
    const move = bestPaying(plan, worst);
    if (!move) return;
    play(plan, worst, move, `it saves more than it costs (${wattHours(-move.costWh)})`);
  }
}

function bestPaying(plan: Plan, hostId: HostId): Move | null {
  // No move can save more than all there is of the risk.
  if (riskCostWh(plan.risk(hostId)) < plan.migrationWh(NOTHING) * MARGIN) return null;
  let best: Move | null = null;
  for (const unit of plan.unitsOn(hostId)) {
    const target = unit && plan.bestTarget(unit, hostId);
    if (!target) continue;
    const saves = relief(plan, hostId, unit) - target.riskWh;
    const costWh = plan.migrationWh(unit) * MARGIN - saves;
    if (costWh < (best?.costWh ?? 0)) best = { unit, target, costWh };
  }
  return best;
}
const NOTHING = { load: { latest: 0 }, memoryMiB: 0 } as Unit;

function play(plan: Plan, fromHostId: HostId, { unit, target }: Move, why: string): void {
  const toHostId = target.hostId;
  const before = { from: plan.risk(fromHostId), to: plan.risk(toHostId) };
  plan.move(unit, toHostId);
  const from = `there from ${percent(before.from)} to ${percent(plan.risk(fromHostId))}`;
  const to = `here from ${percent(before.to)} to ${percent(plan.risk(toHostId))}`;
  plan.steps.push({
    kind: "MOVE",
    guestIds: unit.guests.map(({ id }) => id),
    fromHostId,
    toHostId,
    because: `${why}; the risk of overload goes ${from} and ${to}`,
  });
}
