import type { Guest, Host } from "../../../model/entities.ts";
import type { GuestId, HostId } from "../../../model/ids.ts";
import type { Forecast } from "../../demand.ts";
import { addLoad, hostLoad, limitOf, loadOf, overloadRisk } from "../../load.ts";
import { companyOf } from "../../placement/company.ts";
import { willDo } from "../../placement/place.ts";
import { type Subject, subjectForAll } from "../../placement/subject.ts";
import type { State, StateMark } from "../../state.ts";
import { preference } from "../moves/failback.ts";
import { nextTryMs } from "../moves/pause.ts";
import { failedTargets, isAtRest, type Movers, shunnedHosts, staysPut } from "../moves/round.ts";
import { migrationCostWh, riskCostWh } from "./price.ts";

/** What is to be done, and why, in words and numbers. */
export type Step =
  | {
      readonly kind: "MOVE";
      readonly guestIds: readonly GuestId[];
      readonly fromHostId: HostId;
      readonly toHostId: HostId;
      readonly because: string;
    }
  | {
      readonly kind: "STANDBY";
      readonly hostId: HostId;
      readonly guests: number;
      readonly savedWatts: number;
      readonly because: string;
    }
  | { readonly kind: "WAKE"; readonly hostId: HostId; readonly because: string };

/** Guests that move as one, usually a single one. */
export interface Unit {
  readonly guests: Movers;
  readonly load: Forecast;
  readonly memoryMiB: number;
}

/** Where a unit would go, and what that costs by more risk there, in watt-hours. */
export interface Target {
  readonly hostId: HostId;
  readonly riskWh: number;
}

/** Of all hosts, those with the least risk are looked at as targets: the next one would hardly be better. */
const TARGETS_MOST = 64;
/** What a host has of its limit for what is asked for just now: the rest is for what comes next. */
const FILLED_TO = 0.97;

/**
 * A plan in the making: what is decided in it is played on the state, so that each step sees those before
 * it, and taken back at the end.
 */
export class Plan {
  readonly state: State;
  readonly nowMs: number;
  readonly steps: Step[] = [];
  readonly #mark: StateMark;
  readonly #loads = new Map<HostId, Forecast>();
  readonly #moved = new Set<GuestId>();
  readonly #shunned: readonly HostId[];
  #targets: HostId[] | null = null;

  constructor(state: State, nowMs: number) {
    this.state = state;
    this.nowMs = nowMs;
    this.#mark = state.mark();
    this.#shunned = shunnedHosts(state);
  }

  /** Takes back all that was played. */
  end(): readonly Step[] {
    this.state.rollback(this.#mark);
    return this.steps;
  }

  load(hostId: HostId): Forecast {
    let load = this.#loads.get(hostId);
    if (!load) {
      load = hostLoad(this.state, hostId);
      this.#loads.set(hostId, load);
    }
    return load;
  }

  limit(hostId: HostId): number {
    return limitOf(this.state, this.state.tables.Host.get(hostId));
  }

  risk(hostId: HostId, load = this.load(hostId)): number {
    return overloadRisk(load, this.limit(hostId));
  }

  /** Hosts that take guests, in order of id. */
  openHosts(): Host[] {
    const { tables, indexes } = this.state;
    return tables.Host.sorted().filter(({ id }) => indexes.capacity.room(id)?.placeable);
  }

  /** What can be moved off a host; null among them stands for what can't. */
  unitsOn(hostId: HostId): (Unit | null)[] {
    const { tables, indexes } = this.state;
    const units: (Unit | null)[] = [];
    const seen = new Set<GuestId>();
    for (const id of indexes.guestsOnHost.of(hostId)) {
      if (seen.has(id)) continue;
      const guest = tables.Guest.get(id);
      if (guest.hostId === hostId && guest.targetHostId !== null) continue;
      const company = companyOf(this.state, id).filter((other) => other.hostId === hostId);
      for (const other of company) seen.add(other.id);
      units.push(this.unitOf(company.length > 0 ? company : [guest]));
    }
    return units;
  }

  /** Null when one of them can't be moved now. */
  unitOf(guests: readonly Guest[]): Unit | null {
    if (!guests.every((guest) => this.#canMove(guest))) return null;
    const memoryMiB = guests.reduce((sum, { resources }) => sum + resources.memoryMiB, 0);
    return { guests: guests as unknown as Movers, load: loadOf(this.state, guests), memoryMiB };
  }

  #canMove(guest: Guest): boolean {
    if (this.#moved.has(guest.id) || staysPut(guest)) return false;
    return isAtRest(this.state, guest) && nextTryMs(this.state, guest) <= this.nowMs;
  }

  migrationWh({ load, memoryMiB }: Unit): number {
    return migrationCostWh(load.latest, memoryMiB);
  }

  /** The host where the unit raises the risk least, and where nothing is against it; null: nowhere. */
  bestTarget(unit: Unit, fromHostId: HostId, mayBeEmpty = true): Target | null {
    const targets = this.#targetIds()
      .filter((id) => id !== fromHostId && (mayBeEmpty || this.load(id).mean > 0))
      .filter((id) => this.fits(unit, id))
      .map((hostId) => ({ hostId, riskWh: this.#addedRiskWh(hostId, unit.load) }))
      .sort((a, b) => a.riskWh - b.riskWh || a.hostId - b.hostId);
    if (targets.length === 0) return null;
    const subject = this.subjectOf(unit);
    return targets.find(({ hostId }) => this.takes(subject, unit, fromHostId, hostId)) ?? null;
  }

  subjectOf({ guests }: Unit): Subject {
    const triedHostIds = [...this.#shunned, ...guests.flatMap(failedTargets)];
    return { ...subjectForAll(this.state, guests), retryHostId: null, triedHostIds };
  }

  /** What it asks for just now does not fill the host. */
  fits({ load }: Unit, hostId: HostId): boolean {
    return this.load(hostId).latest + load.latest <= this.limit(hostId) * FILLED_TO;
  }

  /** Nothing is against it there. Whoever belongs there less than here would be brought back. */
  takes(subject: Subject, { guests }: Unit, fromHostId: HostId, hostId: HostId): boolean {
    const { state } = this;
    if (!willDo(state, subject, hostId) || !staysEven(state, guests, hostId)) return false;
    if (!guests.some(({ recovery }) => recovery.failback)) return true;
    return preference(state, guests, hostId) >= preference(state, guests, fromHostId);
  }

  #addedRiskWh(hostId: HostId, load: Forecast): number {
    const after = addLoad(this.load(hostId), load);
    return riskCostWh(this.risk(hostId, after) - this.risk(hostId));
  }

  #targetIds(): readonly HostId[] {
    this.#targets ??= this.openHosts()
      .map(({ id }) => ({ id, risk: this.risk(id) }))
      .sort((a, b) => a.risk - b.risk || a.id - b.id)
      .slice(0, TARGETS_MOST)
      .map(({ id }) => id);
    return this.#targets;
  }

  /** Plays a move. */
  move({ guests }: Unit, toHostId: HostId): void {
    const { tables } = this.state;
    for (const { id, hostId } of guests) {
      if (hostId !== null) this.#loads.delete(hostId);
      tables.Guest.patch(id, { hostId: toHostId });
      this.#moved.add(id);
    }
    this.#loads.delete(toHostId);
  }

  /** It was changed by somebody else. */
  forgetLoad(hostId: HostId): void {
    this.#loads.delete(hostId);
  }

  /** Plays that a host takes no guests any more, or takes them. */
  setStatus(hostId: HostId, status: "UP" | "STANDBY"): void {
    this.state.tables.Host.patch(hostId, { status, power: null });
    this.#targets = null;
  }

  /** What `attempt` plays is kept if it says so, and taken back otherwise. */
  try(attempt: () => boolean): boolean {
    const mark = this.state.mark();
    const moved = new Set(this.#moved);
    if (attempt()) return true;
    this.state.rollback(mark);
    this.#loads.clear();
    this.#targets = null;
    for (const id of this.#moved) if (!moved.has(id)) this.#moved.delete(id);
    return false;
  }
}

/** Members of scaling groups are even over zones, and would be brought back from another one. */
function staysEven({ tables }: State, guests: readonly Guest[], toHostId: HostId): boolean {
  const { zoneId } = tables.Host.get(toHostId);
  return guests.every(
    ({ membership, hostId }) =>
      membership === null || hostId === null || tables.Host.get(hostId).zoneId === zoneId,
  );
}
