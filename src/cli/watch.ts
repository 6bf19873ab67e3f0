import { Backoff, DEFAULT_RETRY } from "../client/backoff.ts";
import { ListenError } from "../client/errors.ts";
import {
  type BasicEvent,
  type EventFilter,
  type ListenOptions,
  type ListenStatus,
  listen,
} from "../client/listen.ts";
import {
  type Arguments,
  CliError,
  type Command,
  credentials,
  serverUrl,
  URL_OPTION,
  UsageError,
} from "./command.ts";
import { enumValues } from "./enums.ts";
import { UnreachableError } from "./request.ts";
import { findTarget, findTenant, findZone } from "./targets.ts";
import { OutputGone, openSink, type Sink } from "./watch-sinks.ts";

const SELECTION = "id occurredAt kind category severity message";

export const watch: Command = {
  name: "watch",
  synopsis: "[FILTERS] [--after CURSOR|start] [--json] [--output FILE | --cursor-file FILE]",
  summary: "Listen to the fleet's events, each exactly once",
  details: `Listens for as long as it takes: over restarts of the server and cut connections it goes on
where it was. On a terminal events are lines for people, otherwise (or with --json) JSON lines.

--output FILE     appends JSON lines to FILE, and goes on after its last line when it is started
                  again: each event stands in FILE exactly once, even after kill -9.
--cursor-file F   keeps the cursor of the last event that was printed in F, and goes on after it.
                  Stopped with Ctrl-C or SIGTERM, each event is printed exactly once; after kill -9
                  those of the last quarter of a second may be printed again.

A cursor that is kept in a file wins over --after, so the same command line can be run again.`,
  options: {
    category: { value: "LIST", multiple: true, description: "Only these, such as FAILOVER,POWER" },
    kind: { value: "LIST", multiple: true, description: "Only these, such as GUEST_FAILED_OVER" },
    severity: { value: "LEVEL", description: "Only this severe or more, such as WARNING" },
    zone: { value: "LIST", multiple: true, description: "Only in these zones, by name" },
    tenant: { value: "LIST", multiple: true, description: "Only of these tenants, by name" },
    subject: {
      value: "LIST",
      multiple: true,
      description: "Only about these, such as host/host-7",
    },
    after: {
      value: "CURSOR",
      description: "Begin after it; 'start': with the earliest event kept",
    },
    json: { description: "JSON lines, on a terminal too" },
    select: { value: "FIELDS", description: "More fields for JSON lines, as GraphQL selects them" },
    output: { value: "FILE", description: "Append to FILE, exactly once" },
    "cursor-file": { value: "FILE", description: "Remember in FILE how far was printed" },
    quiet: { description: "Say nothing about the connection" },
    ...URL_OPTION,
  },
  examples: [
    "evenkeel watch",
    "evenkeel watch --severity WARNING --zone eu-central-1a,eu-central-1b",
    "evenkeel watch --after start --output events.jsonl",
    "evenkeel watch --json --kind GUEST_FAILED_OVER --select '... on GuestFailedOver { downtimeMs }'",
  ],
  run: watchEvents,
};

async function watchEvents(args: Arguments): Promise<number> {
  if (args.positionals.length > 0) throw new UsageError("'watch' takes options only");
  const url = serverUrl(args);
  const say = args.flag("quiet")
    ? () => {}
    : (text: string) => process.stderr.write(`evenkeel: ${text}\n`);
  const stop = new AbortController();
  let failure: CliError | null = null;
  const sink = openSink(args, (error) => {
    failure = error;
    stop.abort();
  });
  try {
    const filter = await whenReachable(() => readFilter(url, args), say);
    // The first signal lets the event at hand be written and remembered; a second one kills.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
    await pump(sink, {
      url,
      after: sink.cursor ?? args.text("after") ?? "head",
      filter,
      selection: `${SELECTION} ${args.text("select") ?? ""}`,
      signal: stop.signal,
      onPosition: (cursor) => sink.markPosition(cursor),
      connectionParams: () => credentials(),
      onStatus: statusTeller(url, say),
    });
  } finally {
    sink.close();
  }
  if (failure) throw failure;
  return 0;
}

async function pump(sink: Sink, options: ListenOptions): Promise<void> {
  try {
    for await (const event of listen<BasicEvent>(options)) await sink.write(event);
  } catch (error) {
    if (error instanceof OutputGone) return;
    throw error instanceof ListenError ? new CliError(explain(error, sink)) : error;
  }
}

/** Asks for as long as it takes, as listening itself does. */
async function whenReachable<T>(question: () => Promise<T>, say: Say): Promise<T> {
  const backoff = new Backoff(DEFAULT_RETRY);
  for (;;) {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      const inMs = backoff.nextMs();
      say(retrying(inMs, backoff.failures, error.fact));
      await new Promise((resolve) => setTimeout(resolve, inMs));
    }
  }
}

/** Names become ids by asking the server, and what it does not know is told before listening. */
async function readFilter(url: string, args: Arguments): Promise<EventFilter> {
  const severity = args.text("severity");
  const [minSeverity] = await enumValues(
    url,
    "Severity",
    "severity",
    severity === undefined ? [] : [severity],
  );
  const ids = (name: string, find: (url: string, text: string) => Promise<string>) =>
    Promise.all(args.list(name).map((text) => find(url, text)));
  const lists = {
    categories: await enumValues(url, "EventCategory", "category", args.list("category")),
    kinds: await enumValues(url, "EventKind", "event kind", args.list("kind")),
    zoneIds: await ids("zone", findZone),
    tenantIds: await ids("tenant", findTenant),
    subjectIds: await ids("subject", findTarget),
  };
  return {
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
    ...(minSeverity === undefined ? {} : { minSeverity }),
  };
}

type Say = (text: string) => void;

function retrying(inMs: number, attempt: number, why: string): string {
  return `trying again in ${(inMs / 1000).toFixed(1)} s (attempt ${attempt}): ${why}`;
}

/** What becomes of the connection goes to standard error, apart from the events. */
function statusTeller(url: string, say: Say): (status: ListenStatus) => void {
  let connectedBefore = false;
  return (status) => {
    switch (status.kind) {
      case "connected":
        say(
          `${connectedBefore ? "connected again" : `connected to ${url}`}, after ${status.after}`,
        );
        connectedBefore = true;
        break;
      case "disconnected":
        say(`lost the server: ${status.error.message}`);
        break;
      case "retrying":
        say(retrying(status.inMs, status.attempt, status.error.message));
        break;
    }
  };
}

function explain(error: ListenError, sink: Sink): string {
  if (error.code !== "CURSOR_EXPIRED") return error.message;
  const place = sink.cursor === null ? "" : ` (move ${sink.name} away first)`;
  const earliest = error.earliest ?? "start";
  return `${error.message}: some events are lost. To go on with what is left: --after ${earliest}${place}`;
}
