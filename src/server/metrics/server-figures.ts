import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { GUEST_STATUSES, HOST_STATUSES } from "../../model/statuses.ts";
import type { Runtime } from "../../runtime/ports.ts";
import type { FanOut } from "../fan-out/fan-out.ts";
import {
  FOLLOWING_STATES,
  type Following,
  TRANSPORTS,
  type Transport,
} from "../fan-out/following.ts";
import type { OperationReport } from "./operation-report.ts";

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A writer that takes longer than this to tell its figures is told of by its silence. */
const WRITER_MS = 1_000;

/** What the server knows that nobody has to count. */
export interface Sources {
  readonly runtime: Runtime;
  /** Which of the threads that serve the API this is; null when it is the only one. */
  readonly thread: number | null;
  readonly isReady: () => boolean;
  readonly fanOut: Pick<FanOut, "count" | "listeners" | "results">;
  readonly connections: (transport: Transport) => number;
  /** What replies that are kept take. */
  readonly replyBytes: () => number;
}

/** All metrics, and the counting of what only the server sees. No label can have more values than the code has. */
export class ServerFigures {
  readonly #sources: Sources;
  readonly #registry = new Registry();
  readonly #operations: Counter<"kind" | "outcome">;
  readonly #durations: Histogram<"kind">;
  readonly #repeated: Counter;
  readonly #writerAnswers: Gauge;
  #hasDefaults = false;

  constructor(sources: Sources) {
    this.#sources = sources;
    if (sources.thread !== null) this.#registry.setDefaultLabels({ thread: sources.thread });
    const registers = [this.#registry];
    this.#operations = new Counter({
      name: "evenkeel_operations_total",
      help: "GraphQL operations by kind and outcome; a subscription counts when it begins.",
      labelNames: ["kind", "outcome"],
      registers,
    });
    this.#durations = new Histogram({
      name: "evenkeel_operation_duration_seconds",
      help: "Time that an executed operation took; a subscription's until it has begun.",
      labelNames: ["kind"],
      buckets: BUCKETS_SECONDS,
      registers,
    });
    this.#repeated = new Counter({
      name: "evenkeel_replies_repeated_total",
      help: "Queries over HTTP that were answered as before, since nothing had happened.",
      registers,
    });
    this.#writerAnswers = new Gauge({
      name: "evenkeel_writer_answers",
      help: "1 when the writer told its own metrics, which stand below; 0 when it did not in time.",
      registers,
    });
    this.#observeServer();
    this.#observeListeners();
    this.#observeFleet();
  }

  executed({ kind, outcome, tookMs, isRepeated }: OperationReport): void {
    if (isRepeated) this.#repeated.inc();
    this.#operations.inc({ kind, outcome });
    this.#durations.observe({ kind }, tookMs / 1_000);
  }

  /** It was never executed. */
  invalid(): void {
    this.#operations.inc({ kind: "unknown", outcome: "invalid" });
  }

  /** In Prometheus's text format. */
  async text(): Promise<string> {
    // Watching the process costs something, so it begins when somebody wants to know.
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.#registry });
    this.#hasDefaults = true;
    const writer = await this.#askWriter();
    this.#writerAnswers.set(writer === null ? 0 : 1);
    return `${await this.#registry.metrics()}${writer ?? ""}`;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Null when it does not answer in time. */
  async #askWriter(): Promise<string | null> {
    const { vitals } = this.#sources.runtime;
    const late = Promise.withResolvers<null>();
    const timer = setTimeout(() => late.resolve(null), WRITER_MS);
    try {
      return await Promise.race([vitals.writer().catch(() => null), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #observeServer(): void {
    const { runtime, isReady, connections, replyBytes } = this.#sources;
    const { feed } = runtime;
    this.#gauge("ready", "1 while commands can be taken, as /health/ready tells.", [], (set) =>
      set({}, isReady() ? 1 : 0),
    );
    this.#gauge("log_head", "Position of the newest event in the log.", [], (set) =>
      set({}, feed.head()),
    );
    this.#gauge("log_earliest", "Position of the oldest event that is kept.", [], (set) =>
      set({}, feed.earliest()),
    );
    this.#gauge("reply_cache_bytes", "What replies that are kept take.", [], (set) =>
      set({}, replyBytes()),
    );
    this.#gauge("connections", "WebSockets and streams that are open.", ["transport"], (set) => {
      for (const transport of TRANSPORTS) set({ transport }, connections(transport));
    });
  }

  #observeListeners(): void {
    const labels = ["transport", "state"];
    const { fanOut } = this.#sources;
    this.#gauge("subscriptions", "Subscriptions that are being served.", ["transport"], (set) => {
      for (const transport of TRANSPORTS) set({ transport }, fanOut.count(transport));
    });
    new Counter({
      name: "evenkeel_subscription_results_total",
      help: "Results made for subscriptions; each is sent to all who subscribe to the same.",
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(fanOut.results);
      },
    });
    const help = "Subscriptions to events, by where they are: live, catching_up or stalled.";
    this.#gauge("listeners", help, labels, (set) => {
      for (const [label, those] of byClass(fanOut.listeners())) set(label, those.length);
    });
    const lag = "Events that the one who is furthest behind of its class has yet to be given.";
    this.#gauge("listener_lag_events", lag, labels, (set) => {
      for (const [label, those] of byClass(fanOut.listeners()))
        set(
          label,
          those.reduce((most, { behind }) => Math.max(most, behind), 0),
        );
    });
  }

  #observeFleet(): void {
    const { sqlite } = this.#sources.runtime.queries.reader;
    const observe = (table: "hosts" | "guests", statuses: readonly string[]) => {
      const counts = sqlite.prepare<[], { status: string; count: number }>(
        `SELECT status, count(*) AS count FROM ${table} GROUP BY status`,
      );
      this.#gauge(table, `The fleet's ${table}, by status.`, ["status"], (set) => {
        const known = new Map(counts.all().map(({ status, count }) => [status, count]));
        for (const status of statuses) set({ status }, known.get(status) ?? 0);
      });
    };
    observe("hosts", HOST_STATUSES);
    observe("guests", GUEST_STATUSES);
  }

  /** One that is looked up whenever somebody asks. */
  #gauge(
    name: string,
    help: string,
    labelNames: string[],
    read: (set: (labels: Record<string, string>, value: number) => void) => void,
  ): void {
    new Gauge({
      name: `evenkeel_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        read((labels, value) => this.set(labels, value));
      },
    });
  }
}

/** Every class, also those that nobody is in: what is not told can't be alerted on. */
function byClass(all: readonly Following[]) {
  return TRANSPORTS.flatMap((transport) =>
    FOLLOWING_STATES.map((state) => {
      const those = all.filter((one) => one.transport === transport && one.state === state);
      return [{ transport, state }, those] as const;
    }),
  );
}
