import type { AffinityRule } from "../../model/entities.ts";
import type { State } from "../state.ts";
import type { Cell, HostRoom, Rooms } from "./capacity-index.ts";
import { othersAnywhere, self } from "./filters.ts";
import type { Subject } from "./subject.ts";

/** So few cells are looked through host by host; more are met on the way down the capacity index. */
const FEW_CELLS = 6;

/**
 * Hosts worth a look, the most promising first, each once: those that rules or the guest's home name,
 * then what the capacity index offers, cell by cell where GUEST rules make some cells better than
 * others. Every host with enough room comes sooner or later, so finding none means there is none.
 */
export function candidates(state: State, subject: Subject): Rooms {
  const { capacity, sizes } = state.indexes;
  const anywhere = subject.rules.length === 0 && subject.homeHostId === null;
  if (anywhere && subject.retryHostId === null)
    return capacity.roomiest(subject.resources, sizes.largest, boots(subject));
  const rooms = eachOnce(promising(state, subject));
  return { next: () => rooms.next().value ?? null };
}

function* each(rooms: Rooms): Generator<HostRoom> {
  for (let room = rooms.next(); room; room = rooms.next()) yield room;
}

/** Hosts that boot as many guests as they may are no candidates, unless it need not boot there. */
function boots({ fromHostId, isHasty }: Subject): boolean {
  return fromHostId === null && !isHasty;
}

function* eachOnce(rooms: Iterable<HostRoom>): Generator<HostRoom, null> {
  const seen = new Set<number>();
  for (const room of rooms) {
    if (seen.has(room.hostId)) continue;
    seen.add(room.hostId);
    yield room;
  }
  return null;
}

function* promising(state: State, subject: Subject): Generator<HostRoom> {
  const { capacity, sizes } = state.indexes;
  for (const hostId of namedHosts(subject)) {
    const room = capacity.room(hostId);
    if (room) yield room;
  }
  if (subject.rules.some((rule) => rule.kind === "HOST" && rule.strict)) return;
  for (const hostId of companyHosts(state, subject)) {
    const room = capacity.room(hostId);
    if (room) yield room;
  }
  const placeRules = subject.rules.filter(
    (rule) => rule.kind === "GUEST" && (rule.scope === "RACK" || rule.scope === "ZONE"),
  );
  if (placeRules.length === 0) {
    yield* each(capacity.roomiest(subject.resources, sizes.largest, boots(subject)));
    return;
  }
  for (const cells of cellsByCost(state, subject, placeRules))
    yield* inCells(state, subject, cells);
}

function namedHosts(subject: Subject): number[] {
  const named: number[] = [];
  if (subject.retryHostId !== null) named.push(subject.retryHostId);
  if (subject.homeHostId !== null) named.push(subject.homeHostId);
  for (const rule of subject.rules)
    if (rule.kind === "HOST")
      named.push(
        ...[...rule.hosts]
          .sort((a, b) => b.priority - a.priority || a.hostId - b.hostId)
          .map((host) => host.hostId),
      );
  return named;
}

/** The hosts where guests are that it should share a host with. */
function companyHosts(state: State, subject: Subject): number[] {
  const hosts = subject.rules
    .filter(
      (rule) => rule.kind === "GUEST" && rule.polarity === "TOGETHER" && rule.scope === "HOST",
    )
    .flatMap((rule) => [...state.indexes.rules.occupancy(rule.id).keys()]);
  return hosts.sort((a, b) => a - b);
}

/** A RACK or ZONE rule as it bears on one subject. */
interface PlaceRule {
  readonly byZone: boolean;
  readonly strict: boolean;
  readonly apart: boolean;
  readonly occupancy: ReadonlyMap<number, number>;
  /** Where the subject itself is counted, and how often; -1 when it is nowhere. */
  readonly ownDomain: number;
  readonly own: number;
  /** For TOGETHER: others stand somewhere, so a place without them is lonely. */
  readonly hasOthers: boolean;
}

function prepare(state: State, subject: Subject, rule: AffinityRule): PlaceRule {
  const { rules, capacity } = state.indexes;
  const occupancy = rules.occupancy(rule.id);
  const here = subject.fromHostId === null ? undefined : capacity.room(subject.fromHostId);
  const byZone = rule.scope === "ZONE";
  const ownDomain = (byZone ? here?.zoneId : here?.rackId) ?? -1;
  return {
    byZone,
    // A filter knows when it may be left all the same.
    strict: rule.strict && here?.placeable !== false,
    apart: rule.polarity === "APART",
    occupancy,
    ownDomain,
    own: self(state, rule, subject, ownDomain),
    hasOthers: othersAnywhere(state, rule, subject) > 0,
  };
}

/** Cells in classes of equal cost, cheapest first; those that a strict rule forbids are left out. */
function cellsByCost(state: State, subject: Subject, rules: readonly AffinityRule[]): Cell[][] {
  const prepared = rules.map((rule) => prepare(state, subject, rule));
  const classes: Cell[][] = [];
  for (const cell of state.indexes.capacity.cells()) {
    const cost = costOf(prepared, cell);
    if (cost === null) continue;
    const members = classes[cost];
    if (members) members.push(cell);
    else classes[cost] = [cell];
  }
  return classes.filter((cells) => cells !== undefined);
}

/** How many times the cell goes against a rule. Null: a strict rule forbids it. */
function costOf(rules: readonly PlaceRule[], cell: Cell): number | null {
  let cost = 0;
  for (const rule of rules) {
    const domain = rule.byZone ? cell.zoneId : cell.rackId;
    // Hosts of a cell without a rack are racks of their own; the filters look at each.
    if (domain === null) continue;
    const others = (rule.occupancy.get(domain) ?? 0) - (domain === rule.ownDomain ? rule.own : 0);
    const objections = rule.apart ? others : Number(others === 0 && rule.hasOthers);
    if (objections > 0 && rule.strict) return null;
    cost += objections;
  }
  return cost;
}

function* inCells(state: State, subject: Subject, cells: readonly Cell[]): Generator<HostRoom> {
  const { capacity, sizes } = state.indexes;
  if (cells.length <= FEW_CELLS) {
    const rooms = cells.flatMap((cell) => cell.hostIds.map((id) => capacity.room(id) as HostRoom));
    yield* rooms.sort((a, b) => b.free.memoryMiB - a.free.memoryMiB || a.hostId - b.hostId);
    return;
  }
  const wanted = new Set(cells.map((cell) => cell.id));
  for (const room of each(capacity.roomiest(subject.resources, sizes.largest, boots(subject))))
    if (wanted.has(room.cell)) yield room;
}
