import type { AffinityRule } from "../../model/entities.ts";
import type { State } from "../state.ts";
import type { Cell, HostRoom } from "./capacityIndex.ts";
import type { Subject } from "./subject.ts";

/** So few cells are looked through host by host; more are met on the way down the capacity index. */
const FEW_CELLS = 6;

/**
 * Hosts worth a look, the most promising first, each once: those that rules or the guest's home name,
 * then what the capacity index offers, cell by cell where GUEST rules make some cells better than
 * others. Every host with enough room comes sooner or later, so finding none means there is none.
 */
export function* candidates(state: State, subject: Subject): Generator<HostRoom> {
  const seen = new Set<number>();
  for (const room of promising(state, subject)) {
    if (seen.has(room.hostId)) continue;
    seen.add(room.hostId);
    yield room;
  }
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
    yield* capacity.roomiest(subject.resources, sizes.largest);
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

/** Cells in classes of equal cost, cheapest first; those that a strict rule forbids are left out. */
function cellsByCost(state: State, subject: Subject, rules: readonly AffinityRule[]): Cell[][] {
  const classes = new Map<number, Cell[]>();
  for (const cell of state.indexes.capacity.cells()) {
    const cost = costOf(state, subject, rules, cell);
    if (cost === null) continue;
    const members = classes.get(cost);
    if (members) members.push(cell);
    else classes.set(cost, [cell]);
  }
  return [...classes.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, cells]) => cells.sort((a, b) => a.id - b.id));
}

/** Null: a strict rule forbids the cell. */
function costOf(
  state: State,
  subject: Subject,
  rules: readonly AffinityRule[],
  cell: Cell,
): number | null {
  let cost = 0;
  for (const rule of rules) {
    const domain = rule.scope === "ZONE" ? cell.zoneId : cell.rackId;
    // Hosts of a cell without a rack are racks of their own; the filters look at each.
    if (domain === null) continue;
    const here = state.indexes.rules.occupancy(rule.id).get(domain) ?? 0;
    const others = here - ownShare(state, subject, rule, domain);
    const objections =
      rule.polarity === "APART" ? others : Number(others === 0 && hasOthers(state, subject, rule));
    if (objections > 0 && rule.strict) return null;
    cost += objections;
  }
  return cost;
}

function ownShare(state: State, subject: Subject, rule: AffinityRule, domain: number): number {
  const room = subject.fromHostId === null ? null : state.indexes.capacity.room(subject.fromHostId);
  if (!room) return 0;
  return (rule.scope === "ZONE" ? room.zoneId : room.rackId) === domain ? 1 : 0;
}

function hasOthers(state: State, subject: Subject, rule: AffinityRule): boolean {
  let others = subject.fromHostId === null ? 0 : -1;
  for (const count of state.indexes.rules.occupancy(rule.id).values()) others += count;
  return others > 0;
}

function* inCells(state: State, subject: Subject, cells: readonly Cell[]): Generator<HostRoom> {
  const { capacity, sizes } = state.indexes;
  if (cells.length <= FEW_CELLS) {
    const rooms = cells.flatMap((cell) => cell.hostIds.map((id) => capacity.room(id) as HostRoom));
    yield* rooms.sort((a, b) => b.free.memoryMiB - a.free.memoryMiB || a.hostId - b.hostId);
    return;
  }
  const wanted = new Set(cells.map((cell) => cell.id));
  for (const room of capacity.roomiest(subject.resources, sizes.largest))
    if (wanted.has(room.cell)) yield room;
}
