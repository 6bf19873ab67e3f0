import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ENGINE } from "../../src/model/actors.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import { LogFeed } from "../../src/runtime/feed.ts";
import type { Feed } from "../../src/runtime/ports.ts";
import type { RingLimits } from "../../src/runtime/ring.ts";
import { openReader, type Reader } from "../../src/store/reader.ts";
import { openStore, type Store } from "../../src/store/writer.ts";

export const START_MS = Date.UTC(2026, 0, 1);

/** A directory that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A fact that needs no fleet to be true. */
export function clockEvent(seq: number): FleetEvent {
  return {
    seq,
    atMs: START_MS + seq,
    kind: "ClockAdvanced",
    category: "SIMULATION",
    severity: "DEBUG",
    message: `The clock moved ${seq} s`,
    subject: null,
    tenantId: null,
    zoneId: null,
    causeSeq: null,
    incidentId: null,
    actor: ENGINE,
    payload: { seconds: seq },
  };
}

/** A store, and a feed that is told of what is appended, as the runtime's two sides are. */
export class FedLog {
  readonly store: Store;
  readonly reader: Reader;
  readonly feed: LogFeed;

  constructor({ events = 0, ring }: { events?: number; ring?: RingLimits } = {}) {
    const dataDir = temporaryFolder();
    this.store = openStore({ dataDir, epoch: "test" });
    this.reader = openReader(dataDir);
    onTestFinished(() => {
      this.feed.close();
      this.reader.close();
      this.store.close();
    });
    if (events > 0) this.write(events);
    this.feed = new LogFeed(this.reader, ring);
  }

  /** On disk, but nobody has heard of it. */
  write(count: number): void {
    const head = this.store.head();
    this.store.append({
      events: Array.from({ length: count }, (_, i) => clockEvent(head + 1 + i)),
      changes: null,
      clockMs: START_MS + head + count,
      driverState: new Map(),
      idempotency: [],
      telemetry: null,
    });
  }

  append(count: number): void {
    this.write(count);
    this.feed.grown(this.store.head());
  }

  /** Retention leaves the newest so many. */
  keep(maxEvents: number): void {
    const bounds = { maxAgeMs: null, maxEvents, nowMs: START_MS };
    while (!this.store.applyRetention(bounds).done);
  }
}

/** Positions up to `lastSeq`, as they come, and never one out of turn. */
export async function follow(
  feed: Feed,
  afterSeq: number,
  lastSeq: number,
  eachBatch: (events: readonly FleetEvent[]) => unknown = () => undefined,
): Promise<number[]> {
  const seen: number[] = [];
  for await (const events of feed.follow(afterSeq, { batchSize: 100 })) {
    seen.push(...events.map((event) => event.seq));
    await eachBatch(events);
    if ((seen.at(-1) ?? 0) >= lastSeq) break;
  }
  return seen;
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
