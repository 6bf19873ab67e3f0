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
import { least } from "./least.ts";
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

/** Millicores that guests are expected to ask for, and those that hosts have left then. */
export interface Slack {
  readonly free: number;
  readonly expected: number;
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
  readonly #moved = new Set<GuestId>();
  readonly #shunned: readonly HostId[];
  #open: readonly Host[] | null = null;
  #slack: Slack | null = null;
  #targets: readonly HostId[] | null = null;

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
    return hostLoad(this.state, hostId);
  }

  limit(hostId: HostId): number {
    return limitOf(this.state, this.state.tables.Host.get(hostId));
  }

  risk(hostId: HostId, load = this.load(hostId)): number {
    return overloadRisk(load, this.limit(hostId));
  }

  /** Hosts that take guests, in order of id. */
  openHosts(): readonly Host[] {
    this.#open ??= this.state.tables.Host.sorted().filter(({ id }) => this.#isOpen(id));
    return this.#open;
  }

  #isOpen(hostId: HostId): boolean {
    return this.state.indexes.capacity.room(hostId)?.placeable === true;
  }

  /** Of all open hosts. Moves among them change nothing about it. */
  slack(): Slack {
    if (!this.#slack) {
      this.#slack = { free: 0, expected: 0 };
      for (const { id } of this.openHosts()) this.#slack = this.#withHost(this.#slack, id, 1);
    }
    return this.#slack;
  }

  #withHost({ free, expected }: Slack, hostId: HostId, sign: 1 | -1): Slack {
    const { mean } = this.load(hostId);
    return {
      free: free + sign * (this.limit(hostId) - mean),
      expected: expected + sign * mean,
    };
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
    this.#targets ??= least(this.openHosts(), TARGETS_MOST, ({ id }) => this.risk(id)).map(
      ({ id }) => id,
    );
    return this.#targets;
  }

  /** Plays a move. */
  move({ guests }: Unit, toHostId: HostId): void {
    const { tables } = this.state;
    for (const { id } of guests) {
      tables.Guest.patch(id, { hostId: toHostId });
      this.#moved.add(id);
    }
  }

  /** Plays that a host takes no guests any more, or takes them. */
  setStatus(hostId: HostId, status: "UP" | "STANDBY"): void {
    const wasOpen = this.#isOpen(hostId);
    const host = this.state.tables.Host.patch(hostId, { status, power: null });
    this.#targets = null;
    const isOpen = this.#isOpen(hostId);
    if (isOpen === wasOpen) return;
    const others = this.openHosts().filter(({ id }) => id !== hostId);
    this.#slack &&= this.#withHost(this.#slack, hostId, isOpen ? 1 : -1);
    this.#open = isOpen ? [...others, host].sort((a, b) => a.id - b.id) : others;
  }

  /** What `attempt` plays is kept if it says so, and taken back otherwise. */
  try(attempt: () => boolean): boolean {
    const mark = this.state.mark();
    const moved = new Set(this.#moved);
    const [open, slack, targets] = [this.#open, this.#slack, this.#targets];
    if (attempt()) return true;
    this.state.rollback(mark);
    this.#open = open;
    this.#slack = slack;
    this.#targets = targets;
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
