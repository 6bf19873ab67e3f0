/** Where listeners are served for a benchmark: a process that plays the same part of a log to them. */

import { setImmediate as nextTurn, setTimeout as passed } from "node:timers/promises";
import { collectGarbage, cpuSeconds } from "./harness.ts";

/** A server with its listeners, and the events that they have not heard of yet. */
export interface Stage {
  readonly port: number;
  /** Tells of so many more. */
  reveal(events: number): void;
  close(): Promise<void>;
}

export type Wish =
  /** From the beginning, without anyone of before. */
  | { readonly kind: "open" }
  | { readonly kind: "play"; readonly turns: number; readonly eventsATurn: number }
  /** Evenly, by the clock. */
  | {
      readonly kind: "pace";
      readonly seconds: number;
      readonly timesASecond: number;
      readonly events: number;
    }
  | { readonly kind: "weigh" };

export interface Played {
  /** Since 1970. */
  readonly startMs: number;
  readonly cpuSeconds: number;
}

export interface Paced {
  /** When each time's events were told of, since 1970. */
  readonly timesMs: readonly number[];
  readonly cpuSeconds: number;
}

/** What the process weighs without its garbage. */
export interface Weight {
  /** By JavaScript: its heap, and the buffers outside of it. */
  readonly heldBytes: number;
  /** All that the system has given it and not got back. */
  readonly residentBytes: number;
}

/** Does what the parent wishes, one thing after the other, and answers each. */
export function perform(open: () => Promise<Stage>): void {
  let stage: Stage | null = null;
  const done = async (wish: Wish) => {
    if (wish.kind === "open") {
      await stage?.close();
      stage = await open();
      return stage.port;
    }
    if (wish.kind === "weigh") return weight();
    if (!stage) throw new Error("Nothing is open");
    if (wish.kind === "pace") return pace(stage, wish);
    return play(stage, wish.turns, wish.eventsATurn);
  };
  process.on("message", (wish: Wish) => {
    done(wish).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.send?.("here");
}

async function play(stage: Stage, turns: number, eventsATurn: number): Promise<Played> {
  const [startMs, startCpu] = [performance.timeOrigin + performance.now(), cpuSeconds()];
  for (let turn = 0; turn < turns; turn++) {
    stage.reveal(eventsATurn);
    await nextTurn();
  }
  return { startMs, cpuSeconds: cpuSeconds() - startCpu };
}

async function pace(
  stage: Stage,
  { seconds, timesASecond, events }: Extract<Wish, { kind: "pace" }>,
): Promise<Paced> {
  const [startMs, startCpu] = [performance.now(), cpuSeconds()];
  const timesMs: number[] = [];
  for (let time = 0; time < seconds * timesASecond; time++) {
    const dueMs = startMs + (time * 1_000) / timesASecond;
    // When it is behind, others get their turn all the same.
    await passed(Math.max(0, dueMs - performance.now()));
    timesMs.push(performance.timeOrigin + performance.now());
    stage.reveal(events);
  }
  return { timesMs, cpuSeconds: cpuSeconds() - startCpu };
}

async function weight(): Promise<Weight> {
  for (let time = 0; time < 4; time++) {
    collectGarbage();
    await nextTurn();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { heldBytes: heapUsed + external, residentBytes: rss };
}
