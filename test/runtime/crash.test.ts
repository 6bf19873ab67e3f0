import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fleetOf, TestRuntime } from "./fleet.ts";
import { temporaryFolder } from "./log.ts";

const SERVER = fileURLToPath(new URL("./killed-server.ts", import.meta.url));

/** A server killed before it gave the nth order of this kind, and the one that takes over. */
async function afterCrash(kind: string, nth: number): Promise<TestRuntime> {
  const dataDir = temporaryFolder();
  const server = spawn(process.execPath, [SERVER, dataDir, kind, `${nth}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [, signal] = await once(server, "exit");
  expect(signal).toBe("SIGKILL");
  return TestRuntime.start({ dataDir });
}

test("orders that were committed but never given are given after a restart, once", async () => {
  const fleet = await afterCrash("START", 1);
  expect(fleet.kinds().GuestPlaced).toBeGreaterThan(0);
  expect(fleet.kinds().GuestStarted).toBeUndefined();
  await fleet.advance(120);
  expect(fleet.kinds()).toMatchObject({ GuestPlaced: 10, GuestStarted: 10 });
  expect(fleet.kinds().GuestStartFailed).toBeUndefined();
});

test.each([
  ["CONNECT_HOST", 5],
  ["START", 7],
  ["INJECT_FAULT", 1],
  ["FENCE", 2],
  ["MIGRATE", 2],
  ["CLEAR_FAULT", 1],
])(
  "a server killed before %s number %i leaves a fleet that comes back whole",
  async (kind, nth) => {
    const fleet = await afterCrash(kind, nth);
    await fleet.advance(0);
    // What the crash cut off, done again: the document is applied as far as it was, or not at all.
    await fleet.apply(fleetOf({ hosts: 4, guests: 10 }));
    await fleet.advance(1_200);
    const { Guest, Host, Zone } = fleet.runtime.queries.reader.load().entities;
    expect(Guest.map(({ status }) => status)).toEqual(Array(10).fill("RUNNING"));
    expect(Host.map(({ status }) => status)).toEqual(Array(8).fill("UP"));
    expect(Zone.map(({ status }) => status)).toEqual(["HEALTHY", "HEALTHY"]);
    const seqs = fleet.log().map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(fleet.kinds().DecisionFailed).toBeUndefined();
  },
);
