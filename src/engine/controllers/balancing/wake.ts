import type { Guest, Host } from "../../../model/entities.ts";
import type { GuestId, HostId } from "../../../model/ids.ts";
import { powerWattsOf, wattsAt } from "../../../model/power.ts";
import { addLoad, loadOf } from "../../load.ts";
import { FILLED_TO_RISK } from "../../placement/crowding.ts";
import { willDo } from "../../placement/place.ts";
import { subjectFor } from "../../placement/subject.ts";
import type { State } from "../../state.ts";
import type { Plan, Unit } from "./plan.ts";
import { cores } from "./words.ts";

/** Hosts in standby that are looked at for one guest. */
const LOOKED_AT_MOST = 16;

/** Hosts that could be woken, those first that give most for what they draw. */
function inStandby({ tables, indexes }: State): Host[] {
  return [...indexes.standby]
    .map((id) => tables.Host.get(id))
    .filter(({ maintenance }) => !maintenance)
    .sort(byEfficiency);
}

function byEfficiency(a: Host, b: Host): number {
  return millicoresAWatt(b) - millicoresAWatt(a) || a.id - b.id;
}

function millicoresAWatt(host: Host): number {
  return host.capacity.cpuMillicores / wattsAt(powerWattsOf(host), 1);
}

/** Hosts that are on their way back already are as good as up. */
export function countOnWaking(plan: Plan): void {
  for (const id of plan.state.indexes.waking) plan.setStatus(id, "UP");
}

/** Wakes a host to which one of the units can move once it is up. */
export function wakeFor(plan: Plan, units: readonly Unit[], fromHostId: HostId): boolean {
  for (const host of inStandby(plan.state).slice(0, LOOKED_AT_MOST))
    for (const unit of units) {
      const isFound = plan.try(() => {
        plan.setStatus(host.id, "UP");
        if (!plan.fits(unit, host.id)) return false;
        if (!plan.takes(plan.subjectOf(unit), unit, fromHostId, host.id)) return false;
        plan.move(unit, host.id);
        return true;
      });
      if (!isFound) continue;
      const { name } = plan.state.tables.Host.get(fromHostId);
      const because = `no host that is up has room for what ${name} is asked for beyond its limit`;
      plan.steps.push({ kind: "WAKE", hostId: host.id, because });
      return true;
    }
  return false;
}

/** Wakes hosts while those that are up have too little left for what guests are expected to ask for. */
export function keepHeadroom(plan: Plan): void {
  const { standbyHeadroom } = plan.state.meta.settings;
  for (const { id } of inStandby(plan.state)) {
    const { free, expected } = plan.slack();
    // Half of it is used before a host is woken: it was put in standby with all of it left.
    if (free >= (expected * standbyHeadroom) / 2) return;
    plan.setStatus(id, "UP");
    const because = `hosts that are up have ${cores(free)} cores left for ${cores(expected)} that are expected to be asked for`;
    plan.steps.push({ kind: "WAKE", hostId: id, because });
  }
}

/** Wakes hosts for guests that wait for room. Those that vary most come first: others fit in beside them. */
export function wakeForWaiting(plan: Plan, waiting: readonly Guest[]): Map<GuestId, HostId> {
  const { state } = plan;
  const found = new Map<GuestId, HostId>();
  const woken: HostId[] = [...state.indexes.waking];
  const sleeping = inStandby(state);
  const guests = waiting
    .map((guest) => ({ guest, load: loadOf(state, [guest]) }))
    .sort((a, b) => b.load.variance - a.load.variance || a.guest.id - b.guest.id);
  for (const { guest, load } of guests) {
    const subject = { ...subjectFor(state, guest), isHasty: true };
    const takes = (hostId: HostId) => willDo(state, subject, hostId);
    const put = (hostId: HostId) => {
      found.set(guest.id, hostId);
      state.tables.Guest.patch(guest.id, { hostId });
    };
    const risk = (hostId: HostId) => plan.risk(hostId, addLoad(plan.load(hostId), load));
    const [best] = woken
      .filter((id) => risk(id) <= FILLED_TO_RISK && takes(id))
      .sort((a, b) => risk(a) - risk(b) || a - b);
    if (best !== undefined) {
      put(best);
      continue;
    }
    const at = sleeping.slice(0, LOOKED_AT_MOST).findIndex(({ id }) =>
      plan.try(() => {
        plan.setStatus(id, "UP");
        return takes(id);
      }),
    );
    const [host] = at < 0 ? [] : sleeping.splice(at, 1);
    if (!host) continue;
    put(host.id);
    woken.push(host.id);
    const because = `${guest.name} has no place on a host that is up`;
    plan.steps.push({ kind: "WAKE", hostId: host.id, because });
  }
  return found;
}
