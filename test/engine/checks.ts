import { isDeepStrictEqual } from "node:util";
import { decide, nextDueAtMs } from "../../src/engine/engine.ts";
import { evolve } from "../../src/engine/evolve.ts";
import { isAsDesired, isNewStart } from "../../src/engine/guest-conditions.ts";
import type { Input } from "../../src/engine/input.ts";
import { violations } from "../../src/engine/invariants.ts";
import { strandedByPlaying } from "../../src/engine/placement/admission.ts";
import { State } from "../../src/engine/state.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import { foresee } from "./foresee.ts";
import { type Chance, RandomWorld } from "./random.ts";
import { START_MS, type World } from "./world.ts";

/** How many of all decisions are also made on a state that was loaded anew, and made twice. */
const LOOKED_AT_TWICE = 0.01;

/** Throws when a decision leaves the fleet as it must never be. */
export function keepWatch(world: World, chance: Chance): void {
  let twin: Twin | null = null;
  let old: ReadonlySet<number> = new Set();
  let broken: ReadonlySet<string> = new Set();
  world.watch = {
    before(input) {
      twin = null;
      broken = brokenRules(world);
      const guests = world.state.tables.Guest.sorted();
      old = new Set(guests.filter((guest) => !isNewStart(guest)).map(({ id }) => id));
      if (!chance.is(LOOKED_AT_TWICE) || isFirstContact(world, input)) return;
      const stored = JSON.stringify(world.state.snapshot());
      twin = { stored, events: decideElsewhere(world, input, stored) };
      checkTakenBack(world, input);
    },
    after(input, { events }) {
      if (twin && !isDeepStrictEqual(twin.events, events))
        fail(world, input, [
          "a state that was loaded anew decides otherwise",
          ...twin.events.map(({ kind, message }) => `anew: ${kind}: ${message}`),
          ...events.map(({ kind, message }) => `live: ${kind}: ${message}`),
        ]);
      if (twin && !isFold(world, twin.stored, events))
        fail(world, input, ["its facts, folded elsewhere, make another fleet"]);
      if (events.length > 0)
        fail(world, input, [
          ...violations(world.state),
          ...doubles(world),
          ...storms(world, events),
          ...taken(world, events, old),
          ...brokenByStarts(world, events, broken),
        ]);
    },
  };
}

/** A decision made elsewhere, and the fleet that it was made on. */
interface Twin {
  readonly stored: string;
  readonly events: readonly FleetEvent[];
}

/** Its facts alone bring about what the decision left behind. */
function isFold({ state, startedMs }: World, stored: string, events: readonly FleetEvent[]) {
  const folded = State.from(JSON.parse(stored), startedMs);
  evolve(folded, events);
  return isDeepStrictEqual(folded.snapshot(), state.snapshot());
}

/** Facts after which a rule may be broken for a while: others stand elsewhere, or other rules hold. */
const REGROUPS = /^(AffinityRule|FleetApplied|GuestMigrat|GuestDeleted)/;

/** Strict rules that are not kept just now. */
function brokenRules({ state: { indexes, tables } }: World): Set<string> {
  const { rules, capacity } = indexes;
  const broken = [...rules.broken(capacity)].map((id) => tables.AffinityRule.get(id).name);
  const misplaced = [...rules.misplaced].map((id) => tables.Guest.get(id).name);
  return new Set([
    ...broken.map((name) => `rule ${name} is broken by a start`),
    ...misplaced.map((name) => `guest ${name} starts where a rule forbids it`),
  ]);
}

function brokenByStarts(
  world: World,
  events: readonly FleetEvent[],
  before: ReadonlySet<string>,
): string[] {
  if (events.some(({ kind }) => REGROUPS.test(kind))) return [];
  return [...brokenRules(world)].filter((each) => !before.has(each));
}

/** That it was the first is gone once it was taken note of. */
function isFirstContact({ state }: World, input: Input): boolean {
  if (input.kind !== "OBSERVATION" || input.observation.kind !== "HOST_CONNECTED") return false;
  return !state.leases.knows(input.observation.hostId);
}

function fail(world: World, input: Input, wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  const what = input.kind === "OBSERVATION" ? input.observation.kind : input.kind;
  const where = `after event ${world.state.meta.seq}, at ${world.seconds} s, by ${what}`;
  throw new Error([where, ...wrong].join("\n  "));
}

/** In the world's own truth, no guest ever runs twice. */
function doubles(world: World): string[] {
  return [...world.copies]
    .filter(([, hosts]) => hosts.size > 1)
    .map(([guest, hosts]) => `guest #${guest} runs on hosts ${[...hosts].join(" and ")}`);
}

/** Where more guests boot than may, and one of them began just now: settings may have changed before. */
function storms({ state }: World, events: readonly FleetEvent[]): string[] {
  const began = events.flatMap(({ kind, payload }) => {
    if (kind === "GuestPlaced") return [payload.host];
    return kind === "GuestRecovering" ? [payload.toHost] : [];
  });
  return began
    .filter(
      (id) => (state.indexes.capacity.room(id)?.starts ?? 0) > state.meta.settings.startsPerHost,
    )
    .map((id) => `too many guests boot on host ${state.tables.Host.get(id).name}`);
}

/** Losses that leave guests without room after starts of which none was a recovery. */
function taken(
  { state }: World,
  events: readonly FleetEvent[],
  old: ReadonlySet<number>,
): string[] {
  const starts = events.filter(({ kind }) => kind === "GuestPlaced") as FleetEvent<"GuestPlaced">[];
  const isMixed = starts.some(({ payload }) => old.has(payload.guest));
  const isMoved = events.some(({ kind }) => /^(GuestRecovering|GuestMigrationStarted)$/.test(kind));
  if (starts.length === 0 || isMixed || isMoved) return [];
  const scopes = starts.map(({ payload }) => state.tables.Host.get(payload.host).zoneId);
  return state.indexes.reserve
    .all(state)
    .filter(({ domain }) => domain.scope === null || scopes.includes(domain.scope))
    .filter(({ domain }) => strandedByPlaying(state, domain) > 0)
    .map(({ domain }) => `the loss of ${domain.tolerance} ${domain.id} has no room left`);
}

/** What a server would decide that was restarted this very moment, and has heard of the same hosts. */
function decideElsewhere(
  { state, nowMs, startedMs }: World,
  input: Input,
  stored: string,
): readonly FleetEvent[] {
  const other = State.from(JSON.parse(stored), startedMs);
  for (const { id } of state.tables.Host.values())
    if (state.leases.knows(id)) other.leases.renew(id, state.leases.lastMs(id));
  // A server that was restarted looks at all that waits once more, and may find newer reasons.
  other.placementDue = state.placementDue;
  other.movesDueAtMs = state.movesDueAtMs;
  other.looksHeldUntilMs = state.looksHeldUntilMs;
  for (const [hostId, level] of state.heat) other.heat.set(hostId, level);
  state.usage.copyTo(other.usage);
  state.demand.copyTo(other.demand);
  other.balancingDueAtMs = state.balancingDueAtMs;
  state.signals.copyTo(other.signals);
  state.requests.copyTo(other.requests);
  state.learning.copyTo(other.learning);
  other.groupsDue = new Set(state.groupsDue);
  return decide(other, input, nowMs).events;
}

/** What is taken back leaves no trace: the fleet is as it was, and another answer would be the same. */
function checkTakenBack(world: World, input: Input): void {
  const { state, nowMs } = world;
  const before = JSON.stringify(state.snapshot());
  const first = foresee(state, input, nowMs).events;
  const isSame = JSON.stringify(state.snapshot()) === before;
  const second = foresee(state, input, nowMs).events;
  const wrong = isSame ? violations(state) : ["a decision that was taken back has left a trace"];
  if (!isDeepStrictEqual(first, second)) wrong.push("the same decision comes out differently");
  fail(world, input, wrong);
}

/** Between two steps: nothing is overdue, and to look again changes nothing. */
export function checkRest(world: World): void {
  const { state, nowMs } = world;
  const dueMs = nextDueAtMs(state);
  const wrong = state.tables.Guest.sorted()
    .filter(
      ({ task, retryAtMs }) =>
        Math.min(task?.deadlineMs ?? nowMs + 1, retryAtMs ?? nowMs + 1) <= nowMs,
    )
    .map(({ name }) => `guest ${name} is overdue`);
  if (dueMs !== null && dueMs <= nowMs) wrong.push(`work has been due since ${dueMs}`);
  // Soft notes of what is due: everything is looked at, and nothing is found.
  const { movesDueAtMs } = state;
  state.movesDueAtMs = 0;
  // Room that was taken meanwhile may be a newer reason to stay; nothing else is new.
  const isNews = ({ kind, payload }: FleetEvent) =>
    kind !== "GuestMoveBlocked" ||
    state.tables.Guest.get((payload as { guest: number }).guest).moveBlockedBy.length === 0;
  const again = foresee(state, { kind: "TICK" }, nowMs).events.filter(isNews);
  state.movesDueAtMs = movesDueAtMs;
  wrong.push(...again.map(({ kind, message }) => `a second look finds ${kind}: ${message}`));
  fail(world, { kind: "TICK" }, wrong);
}

/** The log tells all that there is. */
export function checkFold(world: World): void {
  const folded = State.from(null, START_MS);
  evolve(folded, world.events);
  const isSame = isDeepStrictEqual(folded.snapshot(), world.state.snapshot());
  fail(world, { kind: "TICK" }, isSame ? [] : ["the folded log is another fleet"]);
}

/** Whoever should move and can has moved by then. */
const LONG_AT_REST_MS = 300_000;

/** A schedule may have been due just now. */
const COMES_UP_MS = 120_000;

const HONEST_REASONS =
  /^(INSUFFICIENT_|GROUP_ZONES|AFFINITY_RULE|DEPENDENCY_NOT_RUNNING|ADMISSION_CONTROL|PREEMPTED)/;

/** Hosts may stand by: nobody needed them, or somebody wanted it as it was advised. */
function savesHosts({ state }: World): boolean {
  return state.meta.settings.powerManagement !== "OFF";
}

/** After everything was mended: whoever can be as desired is. */
export function checkMended(world: World): void {
  const { tables } = world.state;
  const wrong: string[] = [];
  for (const guest of tables.Guest.sorted()) {
    const hasReason = guest.blockedBy.some(({ code }) => HONEST_REASONS.test(code));
    const isNew = world.nowMs - guest.createdAtMs < COMES_UP_MS;
    if (!isAsDesired(guest) && !hasReason && !isNew)
      wrong.push(`guest ${guest.name} is ${guest.status}: ${JSON.stringify(guest.blockedBy)}`);
  }
  for (const { name, status } of tables.Host.sorted())
    if (status !== "UP" && (status !== "STANDBY" || !savesHosts(world)))
      wrong.push(`host ${name} is ${status}`);
  const restMs = world.nowMs - LONG_AT_REST_MS;
  for (const { atMs, message } of world.of("GuestMigrationStarted"))
    if (atMs > restMs) wrong.push(`comes to no rest: ${message}`);
  for (const { id, completedAtMs } of tables.Failover.sorted())
    if (completedAtMs === null) wrong.push(`failover ${id} goes on`);
  const { incidents } = world.state.indexes;
  for (const id of incidents.open)
    if (incidents.isOver(id)) wrong.push(`incident ${id} goes on for nothing`);
  for (const { kind, status, guestId } of tables.Operation.sorted()) {
    const guest = tables.Guest.find(guestId ?? 0);
    if (status === "RUNNING" && guest?.blockedBy.length === 0)
      wrong.push(`${kind} of ${guest.name} goes on`);
  }
  fail(world, { kind: "TICK" }, wrong);
}

/** One whole history: a random fleet, `steps` things that happen to it, and the end of all trouble. */
export function runHistory(seed: number, steps: number): World {
  const random = new RandomWorld(seed);
  const { world, chance } = random;
  try {
    keepWatch(world, chance);
    if (seed % 2 === 1) random.disturbAnswers();
    random.begin();
    for (let step = 0; step < steps; step++) {
      random.step();
      checkRest(world);
    }
    random.mend();
    checkMended(world);
    checkFold(world);
    return world;
  } catch (error) {
    throw new Error(
      `Seed ${seed}, ${steps} steps: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
}
