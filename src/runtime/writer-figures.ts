import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Input } from "../engine/input.ts";
import type { CommandResult } from "../model/commands.ts";
import type { FleetEvent } from "../model/events.ts";

/** From well below what a small decision or a commit takes to what would be noticed by everybody. */
const BUCKETS_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

export interface Waiting {
  readonly commands: number;
  readonly sightings: number;
}

/** What the writer counts and measures of its own work: for metrics, and nothing is decided by it. */
export class WriterFigures {
  readonly #registry = new Registry();
  readonly #decisions: Histogram<"input">;
  readonly #commits: Histogram;
  readonly #failedDecisions: Counter;
  readonly #failedCommits: Counter;
  readonly #events: Counter<"category">;
  readonly #commands: Counter<"command" | "result">;

  constructor(waiting: () => Waiting) {
    const registers = [this.#registry];
    this.#waiting("commands", "Commands whose turn has not come.", () => waiting().commands);
    this.#waiting("sightings", "What drivers saw and nobody has looked at yet.", () => {
      return waiting().sightings;
    });
    this.#decisions = new Histogram({
      name: "evenkeel_decision_duration_seconds",
      help: "Time that the engine took for one input.",
      labelNames: ["input"],
      buckets: BUCKETS_SECONDS,
      registers,
    });
    this.#commits = new Histogram({
      name: "evenkeel_commit_duration_seconds",
      help: "Time that a transaction took until it was on disk.",
      buckets: BUCKETS_SECONDS,
      registers,
    });
    this.#failedDecisions = new Counter({
      name: "evenkeel_decision_failures_total",
      help: "Inputs that the engine failed on for a bug; they changed nothing.",
      registers,
    });
    this.#failedCommits = new Counter({
      name: "evenkeel_commit_failures_total",
      help: "Transactions that could not be written; they changed nothing.",
      registers,
    });
    this.#events = new Counter({
      name: "evenkeel_events_committed_total",
      help: "Events that are on disk, by category.",
      labelNames: ["category"],
      registers,
    });
    this.#commands = new Counter({
      name: "evenkeel_commands_total",
      help: "Commands that were answered, by kind, and by result: OK, or the code of the refusal.",
      labelNames: ["command", "result"],
      registers,
    });
  }

  decided(input: Input, tookMs: number): void {
    this.#decisions.observe({ input: input.kind.toLowerCase() }, tookMs / 1_000);
  }

  decisionFailed(): void {
    this.#failedDecisions.inc();
  }

  committed(events: readonly FleetEvent[], tookMs: number): void {
    this.#commits.observe(tookMs / 1_000);
    const byCategory = new Map<string, number>();
    for (const { category } of events)
      byCategory.set(category, (byCategory.get(category) ?? 0) + 1);
    for (const [category, count] of byCategory) this.#events.inc({ category }, count);
  }

  commitFailed(): void {
    this.#failedCommits.inc();
  }

  answered(command: string, result: CommandResult): void {
    this.#commands.inc({ command, result: result.ok ? "OK" : result.rejection.code });
  }

  /** In Prometheus's text format. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }

  #waiting(what: string, help: string, read: () => number): void {
    new Gauge({
      name: `evenkeel_${what}_waiting`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}
