import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort, moment, ServedFleet, start, temporaryFolder } from "./processes.ts";

/** The same numbers for the same seed, so that a failing run can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

function cursorsOf(text: string): string[] {
  return linesOf(text).map((line) => (JSON.parse(line) as { cursor: string }).cursor);
}

function seqOf(cursor: string | undefined): number {
  return Number(cursor?.split(":")[1] ?? 0);
}

/** Something always happens, as far as there is a server: a zone goes dark and comes back. */
async function disturb(
  fleet: ServedFleet,
  chance: () => number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const verb = chance() < 0.6 ? "inject" : "clear";
    await fleet.fault(verb, "ZONE_POWER", "zone", "eu-central-1a").catch(() => {});
    await moment(chance() * 200);
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await moment();
  }
}

describe("watch, killed again and again while the server is too,", () => {
  test.each([1, 2, 3])(
    "ends with exactly the events of the log in --output, seed %i",
    { timeout: 180_000 },
    async (seed) => {
      const chance = random(seed);
      const folder = temporaryFolder();
      const output = join(folder, "events.jsonl");
      const fleet = new ServedFleet(await freePort(), {
        dataDir: join(folder, "data"),
        clock: "50x",
        fleet: "fleets/demo.yaml",
      });
      const watchArguments = ["watch", "--after", "start", "--output", output, "--url", fleet.url];
      await fleet.start();
      let watching = start(watchArguments);
      const ending = new AbortController();
      const disturbing = disturb(fleet, random(seed + 100), ending.signal);
      for (let round = 0; round < 8; round++) {
        await moment(200 + chance() * 1500);
        const victims = chance();
        if (victims < 0.7) await fleet.kill();
        if (victims > 0.3) {
          await watching.kill("SIGKILL");
          watching = start(watchArguments);
        }
        await moment(chance() * 300);
        if (victims < 0.7) await fleet.start();
      }
      ending.abort();
      await disturbing;
      const head = await fleet.head();
      const read = () => readFileSync(output, "utf8");
      await until(() => seqOf(cursorsOf(read()).at(-1)) >= seqOf(head), "the last event");
      await watching.kill("SIGKILL");
      const cursors = cursorsOf(read());
      expect(cursors.slice(0, cursors.indexOf(head) + 1)).toEqual(await fleet.log(head));
      expect(seqOf(head)).toBeGreaterThan(300);
      await fleet.kill("SIGTERM");
    },
  );

  test("prints each event once with --cursor-file when it is stopped, not killed", {
    timeout: 120_000,
  }, async () => {
    const folder = temporaryFolder();
    const fleet = new ServedFleet(await freePort(), {
      dataDir: join(folder, "data"),
      clock: "manual",
    });
    const args = ["watch", "--after", "start", "--cursor-file", join(folder, "cursor")];
    const env = { EVENKEEL_URL: fleet.url };
    await fleet.start();
    let printed = "";
    for (const signal of ["SIGTERM", "SIGINT", "SIGTERM"] as const) {
      const watching = start(args, env);
      await fleet.advance(60);
      await until(() => watching.err().includes("connected"), "a connection");
      await fleet.kill();
      await fleet.start();
      await fleet.fault("inject", "HOST_POWER", "host", "host-a", 10);
      await fleet.advance(60);
      const { code, out } = await watching.kill(signal);
      expect(code).toBe(0);
      printed += out;
    }
    const last = start(args, env);
    const head = await fleet.head();
    await until(
      () => seqOf(cursorsOf(printed + last.out()).at(-1)) >= seqOf(head),
      "the last event",
    );
    await last.kill("SIGTERM");
    expect(cursorsOf(printed + last.out())).toEqual(await fleet.log(head));
    await fleet.kill("SIGTERM");
  });

  test("loses nothing with --cursor-file when it is killed", { timeout: 120_000 }, async () => {
    const folder = temporaryFolder();
    const fleet = new ServedFleet(await freePort(), {
      dataDir: join(folder, "data"),
      clock: "manual",
    });
    const args = ["watch", "--after", "start", "--cursor-file", join(folder, "cursor")];
    const env = { EVENKEEL_URL: fleet.url };
    await fleet.start();
    const printed = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const watching = start(args, env);
      await until(() => watching.out() !== "", "an event");
      await fleet.advance(60);
      await moment(round * 100);
      const { out } = await watching.kill("SIGKILL");
      for (const cursor of cursorsOf(out)) printed.add(cursor);
      await fleet.fault("inject", "HOST_POWER", "host", "host-a", 10);
      await fleet.advance(60);
    }
    const head = await fleet.head();
    const last = start(args, env);
    await until(() => seqOf(cursorsOf(last.out()).at(-1)) >= seqOf(head), "the last event");
    await last.kill("SIGTERM");
    for (const cursor of cursorsOf(last.out())) printed.add(cursor);
    expect([...printed].sort((a, b) => seqOf(a) - seqOf(b))).toEqual(await fleet.log(head));
    await fleet.kill("SIGTERM");
  });

  test("waits for a server that is not there yet, also to learn its names", {
    timeout: 60_000,
  }, async () => {
    const folder = temporaryFolder();
    const fleet = new ServedFleet(await freePort(), {
      dataDir: join(folder, "data"),
      clock: "manual",
    });
    const watching = start(["watch", "--after", "start", "--zone", "north-a", "--url", fleet.url]);
    await until(() => watching.err().includes("trying again"), "a first try");
    await fleet.start();
    await until(() => watching.out() !== "", "an event");
    expect((await watching.kill("SIGTERM")).code).toBe(0);
    await fleet.kill("SIGTERM");
  });
});
