/**
 * How fast many listeners are told of what happens: 1,000 WebSockets, each with one subscription to
 * `events` that selects eight scalar fields, its operation's id its own.
 *
 * The real server reads a real log, of which it is told event by event: one in each turn of the event
 * loop, or a storm of 50. Next to it `perSubscriber` serves the same events in the usual way, with
 * graphql-ws and one execution of graphql-js for each listener and event, and `sendLoop` calls `ws.send`
 * with a string that lies ready, once for each. The peers have the events in memory, with every field
 * as it is sent. With filters, each of 100 is of ten listeners: `filtered` lets through one zone
 * without one kind, `narrow` a hundredth of what the events are about. The memory of a listener that has
 * been told of something is what JavaScript holds for it, without garbage, next to GraphQL Yoga with
 * graphql-ws; what the process has grown by, garbage and all, is told as `residentBytes`.
 *
 * Servers and listeners are processes of their own on loopback. The client is written in C, because one in
 * JavaScript takes longer to count than a server takes to send. Rounds alternate; the first one warms the
 * code and doesn't count. A rate is that from the first turn until the last frame has come.
 */

import type { ChildProcess } from "node:child_process";
import { globalId } from "../schema/ids.ts";
import { EVENT_KINDS, type FleetEvent, screamingCase } from "../src/model/events.ts";
import { openReader, type Reader } from "../src/store/reader.ts";
import { readFleet, writeFleet } from "./fleet.ts";
import { growLog, startFleet } from "./fleet-life.ts";
import { type Benchmark, type Figures, type Measured, median, type Options } from "./harness.ts";
import { answerOf, ended, type Lab } from "./lab.ts";
import { compileClient, Listeners, type Subscribe, writeSubscriptions } from "./listeners.ts";
import type { Played, Weight, Wish } from "./stage.ts";

const LISTENERS = 1_000;
const FILTERS = 100;
/** As many as the longest play takes. */
const EVENTS = 1_000;
const STORM = 50;

const QUERY = `subscription ($filter: EventFilter) {
  events(filter: $filter) { __typename id cursor occurredAt kind category severity message }
}`;

const LIMITS = {
  oneToPerSubscriber: { atLeast: 4.5 },
  oneToSendLoop: { atLeast: 0.85 },
  stormToPerSubscriber: { atLeast: 15 },
  stormToSendLoop: { atLeast: 8 },
  filteredToPerSubscriber: { atLeast: 10 },
  listenerToYoga: { atMost: 0.5 },
} as const;

type Contestant = "server" | "perSubscriber" | "sendLoop";

interface Play {
  readonly file: string;
  readonly eventsATurn: number;
  /** Enough for a second or so of each. */
  readonly turns: Readonly<Partial<Record<Contestant, number>>>;
  /** Results of the first so many events for all listeners together. */
  readonly results: (events: number) => number;
}

export const fanOut: Benchmark = {
  about: "1,000 listeners, next to one execution each and to a loop of ws.send",
  run: measure,
};

async function measure(lab: Lab, options: Options): Promise<Measured> {
  const client = compileClient(lab);
  const { dataDir, first, events, reader } = await prepared(lab, options);
  const plays = playsOf(lab, events, reader);
  const stage = async (file: string, ...more: string[]) => {
    const child = lab.fork(file, [dataDir, String(first), ...more]);
    await answerOf(child);
    return child;
  };
  const stages: Record<Contestant, ChildProcess> = {
    server: await stage("fan-out-server.ts"),
    perSubscriber: await stage("peers/per-subscriber.ts", "graphql"),
    sendLoop: await stage("peers/send-loop.ts"),
  };
  const rates = await rounds(lab, client, { stages, plays, number: options.rounds });
  await Promise.all(Object.values(stages).map((child) => ended(child)));
  lab.progress("weighing listeners");
  const weigh = async (...of: [string, ...string[]]) => {
    const child = await stage(...of);
    const weight = await listenerWeight(lab, client, child);
    await ended(child);
    return weight;
  };
  const listener = await weigh("fan-out-server.ts");
  const yoga = await weigh("peers/per-subscriber.ts", "yoga");
  reader.close();
  return judged(rates, listener, yoga);
}

/** A data directory with a log, and the events at its end. */
async function prepared(lab: Lab, { fleetFile }: Options) {
  lab.progress("filling a log");
  const dataDir = lab.folder();
  await startFleet(dataDir, readFleet(fleetFile ?? writeFleet(lab.folder())));
  const before = openReader(dataDir);
  const length = before.head();
  before.close();
  await growLog(dataDir, length + EVENTS);
  const reader = openReader(dataDir);
  const first = length + 1;
  const events = reader.readEvents(length, EVENTS);
  return { dataDir, first, events, reader };
}

type Plays = Readonly<Record<"one" | "storm" | "filtered" | "narrow", Play>>;

function playsOf(lab: Lab, events: readonly FleetEvent[], reader: Reader): Plays {
  const all: Subscribe[] = Array.from({ length: LISTENERS }, () => ({ query: QUERY }));
  const toAll = {
    file: writeSubscriptions(lab, all),
    results: (count: number) => count * LISTENERS,
  };
  return {
    one: { ...toAll, eventsATurn: 1, turns: { server: 100, perSubscriber: 30, sendLoop: 100 } },
    storm: { ...toAll, eventsATurn: STORM, turns: { server: 20, perSubscriber: 1, sendLoop: 2 } },
    filtered: {
      ...filtered(lab, events, zoneFilters(reader)),
      eventsATurn: STORM,
      turns: { server: 20, perSubscriber: 4 },
    },
    narrow: {
      ...filtered(lab, events, subjectFilters(events)),
      eventsATurn: STORM,
      turns: { server: 20, perSubscriber: 20 },
    },
  };
}

interface Filter {
  /** As the API takes it. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly passes: (event: FleetEvent) => boolean;
}

function filtered(lab: Lab, events: readonly FleetEvent[], filters: readonly Filter[]) {
  const filterOf = (index: number) => filters[index % filters.length] as Filter;
  const payloads = Array.from({ length: LISTENERS }, (_, index) => ({
    query: QUERY,
    variables: { filter: filterOf(index).input },
  }));
  const each = LISTENERS / filters.length;
  const results = (count: number) =>
    each *
    filters.reduce(
      (sum, { passes }) => sum + events.slice(0, count).filter((event) => passes(event)).length,
      0,
    );
  return { file: writeSubscriptions(lab, payloads), results };
}

/** One zone, without one kind. */
function zoneFilters(reader: Reader): Filter[] {
  const zones = reader.load().entities.Zone;
  return Array.from({ length: FILTERS }, (_, index) => {
    const zone = zones[index % zones.length];
    const without = EVENT_KINDS[Math.floor(index / zones.length) % EVENT_KINDS.length];
    if (!zone || !without) throw new Error("A fleet without zones has no outages");
    const kinds = EVENT_KINDS.filter((kind) => kind !== without).map(screamingCase);
    return {
      input: { zoneIds: [globalId("Zone", zone.id)], kinds },
      passes: (event) => event.zoneId === zone.id && event.kind !== without,
    };
  });
}

/** What the events are about, dealt out. */
function subjectFilters(events: readonly FleetEvent[]): Filter[] {
  const subjects = new Map<number, string>();
  for (const { subject } of events)
    if (subject) subjects.set(subject.id, globalId(subject.type, subject.id));
  const all = [...subjects];
  return Array.from({ length: FILTERS }, (_, index) => {
    const mine = new Map(all.filter((_one, at) => at % FILTERS === index));
    return {
      input: { subjectIds: [...mine.values()] },
      passes: ({ subject }) => subject !== null && mine.has(subject.id),
    };
  });
}

type Rates = Record<keyof Plays, Record<Contestant, number[]>>;

interface Rounds {
  readonly stages: Readonly<Record<Contestant, ChildProcess>>;
  readonly plays: Plays;
  readonly number: number;
}

async function rounds(lab: Lab, client: string, { stages, plays, number }: Rounds): Promise<Rates> {
  const none = () => ({ server: [], perSubscriber: [], sendLoop: [] });
  const rates: Rates = { one: none(), storm: none(), filtered: none(), narrow: none() };
  for (let round = 0; round <= number; round++) {
    lab.progress(round === 0 ? "warming up" : `round ${round} of ${number}`);
    for (const [name, play] of Object.entries(plays) as [keyof Plays, Play][])
      for (const contestant of Object.keys(play.turns) as Contestant[]) {
        const rate = await deliveries(lab, client, { stage: stages[contestant], play, contestant });
        if (round > 0) rates[name][contestant].push(rate);
      }
  }
  return rates;
}

/** A second. */
async function deliveries(
  lab: Lab,
  client: string,
  { stage, play, contestant }: { stage: ChildProcess; play: Play; contestant: Contestant },
): Promise<number> {
  const { file, eventsATurn } = play;
  const turns = play.turns[contestant] ?? 0;
  const results = play.results(turns * eventsATurn);
  const port = await ask<number>(stage, { kind: "open" });
  const listeners = await Listeners.connect(lab, client, { port, file, results });
  const done = listeners.doneMs();
  const { startMs } = await ask<Played>(stage, { kind: "play", turns, eventsATurn });
  const seconds = ((await done) - startMs) / 1_000;
  await listeners.close();
  return results / seconds;
}

function ask<Answer>(stage: ChildProcess, wish: Wish): Promise<Answer> {
  stage.send(wish);
  return answerOf<Answer>(stage);
}

/** Told to each of them before the process is weighed. */
const TURNS_BEFORE_WEIGHING = 20;
/** The first of them also pays for what all need once. */
const THOUSANDS = 4;

/** What one more costs when others are there already. */
async function listenerWeight(lab: Lab, client: string, stage: ChildProcess): Promise<Weight> {
  const payloads = Array.from({ length: LISTENERS }, () => ({ query: QUERY }));
  const file = writeSubscriptions(lab, payloads);
  const port = await ask<number>(stage, { kind: "open" });
  const empty = await ask<Weight>(stage, { kind: "weigh" });
  const crowd: Listeners[] = [];
  const weights: Weight[] = [];
  for (let thousand = 1; thousand <= THOUSANDS; thousand++) {
    const results = TURNS_BEFORE_WEIGHING * LISTENERS;
    const listeners = await Listeners.connect(lab, client, { port, file, results });
    crowd.push(listeners);
    const done = listeners.doneMs();
    await ask<Played>(stage, { kind: "play", turns: TURNS_BEFORE_WEIGHING, eventsATurn: 1 });
    await done;
    weights.push(await ask<Weight>(stage, { kind: "weigh" }));
  }
  await Promise.all(crowd.map((listeners) => listeners.close()));
  const [few, many] = [weights[0] ?? empty, weights.at(-1) ?? empty];
  return {
    heldBytes: (many.heldBytes - few.heldBytes) / ((THOUSANDS - 1) * LISTENERS),
    residentBytes: (many.residentBytes - empty.residentBytes) / (THOUSANDS * LISTENERS),
  };
}

function weightOf({ heldBytes, residentBytes }: Weight): Figures {
  return { listenerHeldBytes: heldBytes, listenerResidentBytes: residentBytes };
}

function judged(rates: Rates, listener: Weight, yoga: Weight): Measured {
  const rate = (play: keyof Plays, contestant: Contestant) => median(rates[play][contestant]);
  const all = (contestant: Contestant): Figures =>
    Object.fromEntries(
      (Object.keys(rates) as (keyof Plays)[])
        .filter((play) => rates[play][contestant].length > 0)
        .map((play) => [`${play}PerSecond`, rate(play, contestant)]),
    );
  const ratio = (play: keyof Plays, peer: Contestant) => rate(play, "server") / rate(play, peer);
  return {
    figures: { ...all("server"), ...weightOf(listener) },
    peers: {
      perSubscriber: all("perSubscriber"),
      sendLoop: all("sendLoop"),
      yoga: weightOf(yoga),
    },
    ratios: {
      oneToPerSubscriber: ratio("one", "perSubscriber"),
      oneToSendLoop: ratio("one", "sendLoop"),
      stormToPerSubscriber: ratio("storm", "perSubscriber"),
      stormToSendLoop: ratio("storm", "sendLoop"),
      filteredToPerSubscriber: ratio("filtered", "perSubscriber"),
      narrowToPerSubscriber: ratio("narrow", "perSubscriber"),
      listenerToYoga: listener.heldBytes / yoga.heldBytes,
      residentToYoga: listener.residentBytes / yoga.residentBytes,
    },
    limits: LIMITS,
  };
}
