import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openReader, type Reader } from "../store/reader.ts";
import { type ClockAnchor, readClock } from "./clock.ts";
import { preciseNowMs } from "./command-timing.ts";
import { LogFeed } from "./feed.ts";
import { refused } from "./idempotency.ts";
import { type RuntimeOptions, writerOptions } from "./options.ts";
import type { Outlet } from "./outlet.ts";
import type { ClockMode, Commands, Health, Runtime } from "./ports.ts";
import { FleetQueries } from "./queries.ts";
import { startInline, startWorker, type WriterHandle } from "./thread.ts";

/**
 * Starts the control plane on a data directory. Rejects with the store's error, in words that say
 * what to do, when the directory is in use, damaged or can't be written.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  // What was opened is closed again in reverse order: here if the rest fails, else at the end.
  await using opened = new AsyncDisposableStack();
  const ear = new Ear(options);
  const launch = options.thread === "inline" ? startInline : startWorker;
  const writer = await launch(writerOptions(options, folderFor(options, opened)), ear);
  opened.defer(() => writer.close());
  const { dataDir, anchor, drivers } = writer.opened;
  const feed = new LogFeed(readerOf(dataDir, opened));
  ear.attach(feed, anchor);
  const nowMs = () => ear.nowMs();
  const queries = new FleetQueries(readerOf(dataDir, opened), nowMs);
  const resources = opened.move();
  return {
    commands: commandsTo(writer, options, () => ear.isClosing),
    feed,
    queries,
    vitals: { writer: () => writer.figures(), followers: () => feed.followers() },
    clockMode: options.clock,
    simulated: drivers.includes("simulated"),
    nowMs,
    health: () => ear.latestHealth(),
    close: once(async () => {
      ear.closing();
      feed.close();
      await resources.disposeAsync();
    }),
  };
}

function commandsTo(
  writer: WriterHandle,
  { onCommand }: RuntimeOptions,
  isClosing: () => boolean,
): Commands {
  return {
    submit: async (envelope) => {
      if (isClosing()) return refused("INTERNAL", "The server is shutting down.");
      if (!onCommand) return (await writer.submit(envelope, false)).result;
      const startMs = preciseNowMs();
      const { result, timing } = await writer.submit(envelope, true);
      const asked = { startMs, endMs: preciseNowMs() };
      onCommand({ kind: envelope.command.kind, result, asked, timing: timing ?? null });
      return result;
    },
  };
}

function folderFor({ dataDir }: RuntimeOptions, opened: AsyncDisposableStack): string {
  if (dataDir !== ":memory:") return dataDir;
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-"));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function readerOf(dataDir: string, opened: AsyncDisposableStack): Reader {
  const reader = openReader(dataDir);
  opened.defer(() => reader.close());
  return reader;
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | null = null;
  return () => {
    closed ??= close();
    return closed;
  };
}

/** Hears what the writer tells, and knows what was last heard. */
class Ear implements Outlet {
  readonly #mode: ClockMode;
  readonly #onFatal: (error: Error) => void;
  readonly #onLog: (text: string) => void;
  #feed: LogFeed | null = null;
  #anchor: ClockAnchor | null = null;
  #latestMs = 0;
  #health: Health = { ready: true, problems: [], decisionFailures: 0 };
  #over: string | null = null;
  #isClosing = false;

  constructor({ clock, onFatal, onLog }: RuntimeOptions) {
    this.#mode = clock;
    this.#onLog = onLog ?? ((text) => console.error(text));
    this.#onFatal = onFatal ?? ((error) => this.#onLog(error.stack ?? error.message));
  }

  /** Who comes now is too late. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  attach(feed: LogFeed, anchor: ClockAnchor): void {
    this.#feed = feed;
    this.#anchor ??= anchor;
  }

  /** Never goes back, although an accelerated clock may be set back to wait for the work. */
  nowMs(): number {
    if (this.#anchor)
      this.#latestMs = Math.max(this.#latestMs, readClock(this.#mode, this.#anchor));
    return this.#latestMs;
  }

  latestHealth(): Health {
    if (this.#over === null) return this.#health;
    return { ...this.#health, ready: false, problems: [this.#over, ...this.#health.problems] };
  }

  closing(): void {
    this.#isClosing = true;
    this.#over ??= "The server is shutting down.";
  }

  committed(headSeq: number, nowMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, nowMs);
    this.#feed?.grown(headSeq);
  }

  clock(anchor: ClockAnchor): void {
    this.#anchor = anchor;
  }

  health(health: Health): void {
    this.#health = health;
  }

  log(text: string): void {
    this.#onLog(text);
  }

  fatal(error: Error): void {
    this.#over = `The server has failed: ${error.message}`;
    this.#onFatal(error);
  }
}
