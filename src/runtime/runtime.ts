import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessagePort } from "node:worker_threads";
import type { TenantId } from "../model/ids.ts";
import { openReader, type Reader } from "../store/reader.ts";
import { Branch } from "./branch.ts";
import { type ClockAnchor, readClock } from "./clock.ts";
import { preciseNowMs } from "./command-timing.ts";
import { LogFeed } from "./feed.ts";
import { refused } from "./idempotency.ts";
import { type RuntimeOptions, writerOptions } from "./options.ts";
import type { Outlet } from "./outlet.ts";
import { type ClockMode, type Commands, type Health, type Runtime, WHOLE_FLEET } from "./ports.ts";
import { FleetQueries } from "./queries.ts";
import { runtimeForTenant } from "./tenant-runtime.ts";
import { type Opened, startBranch, startInline, startWorker, type WriterHandle } from "./thread.ts";

/**
 * Starts the control plane on a data directory. Rejects with the store's error, in words that say
 * what to do, when the directory is in use, damaged or can't be written.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Trunk> {
  // What was opened is closed again in reverse order: here if the rest fails, else at the end.
  await using opened = new AsyncDisposableStack();
  const ear = new Ear(options);
  const launch = options.thread === "inline" ? startInline : startWorker;
  const writer = await launch(writerOptions(options, folderFor(options, opened)), ear);
  const runtime = runtimeOf(writer, ear, {
    clock: options.clock,
    opened,
    onCommand: options.onCommand,
  });
  return {
    ...runtime,
    branch: (port) => {
      const branch = new Branch(port, writer);
      branch.health(ear.latestHealth());
      ear.branches.push(branch);
      const { epoch, dataDir, drivers } = writer.opened;
      const anchor = ear.anchor ?? writer.opened.anchor;
      return { clock: options.clock, opened: { epoch, dataDir, drivers, anchor } };
    },
  };
}

/** What has opened the data directory. Others may take part in it. */
export interface Trunk extends Runtime {
  /**
   * Tells another thread, through the port, what this side is told, and takes its commands. Its
   * runtime is made there by `joinRuntime`, with what this gives.
   */
  branch(port: MessagePort): Ticket;
}

export interface Ticket {
  readonly clock: ClockMode;
  readonly opened: Opened;
}

/** The same control plane in another thread, with readers of its own. */
export async function joinRuntime(
  port: MessagePort,
  { clock, opened: trunk }: Ticket,
  { onFatal, onCommand }: Pick<RuntimeOptions, "onFatal" | "onCommand">,
): Promise<Runtime> {
  await using opened = new AsyncDisposableStack();
  const ear = new Ear({ clock, ...(onFatal && { onFatal }) });
  return runtimeOf(startBranch(port, trunk, ear), ear, { clock, opened, onCommand });
}

interface Foundation {
  readonly clock: ClockMode;
  /** What was opened for it so far. */
  readonly opened: AsyncDisposableStack;
  readonly onCommand: RuntimeOptions["onCommand"];
}

function runtimeOf(
  writer: WriterHandle,
  ear: Ear,
  { clock, opened, onCommand }: Foundation,
): Runtime {
  opened.defer(() => writer.close());
  const { dataDir, anchor, drivers } = writer.opened;
  const feed = new LogFeed(readerOf(dataDir, opened));
  ear.attach(feed, anchor);
  const nowMs = () => ear.nowMs();
  const queries = new FleetQueries(readerOf(dataDir, opened), nowMs, writer.tryFlow);
  const tenants = new Map<TenantId, Runtime>();
  const resources = opened.move();
  const seenBy = (tenantId: TenantId | null): Runtime => {
    if (tenantId === null) return runtime;
    const known = tenants.get(tenantId);
    if (known) return known;
    // Kept as long as the rest: a listener may be at it for months.
    const reader = openReader(dataDir, tenantId);
    resources.defer(() => reader.close());
    const seen = runtimeForTenant(runtime, tenantId, reader);
    tenants.set(tenantId, seen);
    return seen;
  };
  const runtime: Runtime = {
    sight: WHOLE_FLEET,
    seenBy,
    commands: commandsTo(writer, onCommand, () => ear.isClosing),
    feed,
    queries,
    vitals: { writer: () => writer.figures() },
    clockMode: clock,
    simulated: drivers.includes("simulated"),
    nowMs,
    health: () => ear.latestHealth(),
    close: once(async () => {
      ear.closing();
      feed.close();
      await resources.disposeAsync();
      ear.closed();
    }),
  };
  return runtime;
}

function commandsTo(
  writer: WriterHandle,
  onCommand: RuntimeOptions["onCommand"],
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
  /** Other threads that are told the same. */
  readonly branches: Branch[] = [];
  anchor: ClockAnchor | null = null;
  readonly #mode: ClockMode;
  readonly #onFatal: (error: Error) => void;
  readonly #onLog: (text: string) => void;
  #feed: LogFeed | null = null;
  #latestMs = 0;
  #health: Health = { ready: true, problems: [], decisionFailures: 0 };
  #over: string | null = null;
  #isClosing = false;

  constructor({ clock, onFatal, onLog }: Pick<RuntimeOptions, "clock" | "onFatal" | "onLog">) {
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
    this.anchor ??= anchor;
  }

  /** Never goes back, although an accelerated clock may be set back to wait for the work. */
  nowMs(): number {
    if (this.anchor) this.#latestMs = Math.max(this.#latestMs, readClock(this.#mode, this.anchor));
    return this.#latestMs;
  }

  latestHealth(): Health {
    if (this.#over === null) return this.#health;
    return { ...this.#health, ready: false, problems: [this.#over, ...this.#health.problems] };
  }

  closing(): void {
    this.#isClosing = true;
    this.#over ??= "The server is shutting down.";
    this.#tellBranches((branch) => branch.health(this.latestHealth()));
  }

  /** No more is told to anybody. */
  closed(): void {
    this.#tellBranches((branch) => branch.close());
  }

  committed(headSeq: number, nowMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, nowMs);
    this.#feed?.grown(headSeq);
    this.#tellBranches((branch) => branch.committed(headSeq, nowMs));
  }

  clock(anchor: ClockAnchor): void {
    this.anchor = anchor;
    this.#tellBranches((branch) => branch.clock(anchor));
  }

  health(health: Health): void {
    this.#health = health;
    this.#tellBranches((branch) => branch.health(health));
  }

  log(text: string): void {
    this.#onLog(text);
  }

  fatal(error: Error): void {
    this.#over = `The server has failed: ${error.message}`;
    this.#tellBranches((branch) => branch.fatal(error));
    this.#onFatal(error);
  }

  #tellBranches(tell: (branch: Branch) => void): void {
    for (const branch of this.branches) tell(branch);
  }
}
