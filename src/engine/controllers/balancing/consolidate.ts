import type { Host } from "../../../model/entities.ts";
import type { HostId } from "../../../model/ids.ts";
import { powerWattsOf, wattsAt } from "../../../model/power.ts";
import { worstLoss } from "../../placement/admission.ts";
import { least } from "./least.ts";
import type { Plan, Unit } from "./plan.ts";
import { riskCostWh, standbySavingWh } from "./price.ts";
import { wattHours } from "./words.ts";

/** Of all hosts that are up, the share that is emptied in one round: what was planned is seen to be right first. */
const EMPTIED_SHARE = 0.02;
/** So many at most: a round is one decision, and others wait for it. */
const EMPTIED_MOST = 50;
/** Hosts without guests that are put in standby in one round, and that must stay up before no more are looked at. */
const PUT_AWAY_MOST = 500;
const STAY_MOST = 32;
/** Hosts that are looked at for one that can be emptied. */
const LOOKED_AT_MOST = 8;

/** Hosts that nobody needs are put in standby: those without guests, and those whose guests fit elsewhere for less than they draw. */
export function consolidate(plan: Plan): void {
  const share = Math.ceil(plan.openHosts().length * EMPTIED_SHARE);
  putAwayIdle(plan);
  for (let emptied = 0; emptied < Math.min(share, EMPTIED_MOST); emptied++)
    if (!emptyOne(plan)) return;
}

function putAwayIdle(plan: Plan): void {
  const { guestsOnHost } = plan.state.indexes;
  let [away, stay] = [0, 0];
  for (const host of plan.openHosts()) {
    if (guestsOnHost.count(host.id) > 0 || !isSettled(plan, host)) continue;
    if (putAway(plan, host, [])) away++;
    else stay++;
    if (away === PUT_AWAY_MOST || stay === STAY_MOST) return;
  }
}

function isSettled({ state, nowMs }: Plan, { statusSinceMs, power }: Host): boolean {
  const { standbyAfterSeconds } = state.meta.settings;
  return power === null && nowMs - statusSinceMs >= standbyAfterSeconds * 1000;
}

function emptyOne(plan: Plan): boolean {
  const { guestsOnHost } = plan.state.indexes;
  const busy = plan
    .openHosts()
    .filter((host) => guestsOnHost.count(host.id) > 0 && isSettled(plan, host));
  return least(busy, LOOKED_AT_MOST, ({ id }) => plan.load(id).mean).some((host) => {
    const units = plan.unitsOn(host.id);
    return units.every((unit) => unit !== null) && putAway(plan, host, units);
  });
}

/** Whether its guests fit elsewhere, enough is left then, and it pays. */
function putAway(plan: Plan, host: Host, units: readonly Unit[]): boolean {
  const savedWatts = wattsAt(powerWattsOf(host), 0);
  const savingWh = standbySavingWh(savedWatts);
  let costWh = 0;
  const fits = plan.try(() => {
    costWh = -riskCostWh(plan.risk(host.id));
    for (const unit of inOrderOfVariance(units)) {
      const target = plan.bestTarget(unit, host.id, false);
      if (!target) return false;
      costWh += plan.migrationWh(unit) + target.riskWh;
      if (costWh > savingWh) return false;
      plan.move(unit, target.hostId);
    }
    plan.setStatus(host.id, "STANDBY");
    return leavesEnough(plan, host.id);
  });
  if (!fits) return false;
  const guests = units.reduce((sum, unit) => sum + unit.guests.length, 0);
  const saves = `it draws ${Math.round(savedWatts)} W when idle`;
  const moves = `moving its ${guests === 1 ? "guest" : `${guests} guests`} costs as much as ${wattHours(Math.max(0, costWh))}`;
  const because = guests === 0 ? `it has no guests, and ${saves}` : `${saves}, and ${moves}`;
  plan.steps.push({ kind: "STANDBY", hostId: host.id, guests, savedWatts, because });
  return true;
}

/** Those that vary most choose first. */
function inOrderOfVariance(units: readonly Unit[]): Unit[] {
  return [...units].sort(
    (a, b) => b.load.variance - a.load.variance || a.guests[0].id - b.guests[0].id,
  );
}

/** The headroom, and the room that admission control keeps for a loss. */
function leavesEnough(plan: Plan, hostId: HostId): boolean {
  const { state } = plan;
  const { free, expected } = plan.slack();
  if (free < expected * state.meta.settings.standbyHeadroom || free <= 0) return false;
  return !state.indexes.reserve.isKept(state) || worstLoss(state, hostId) === null;
}
