import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import type { RuntimeOptions } from "../../src/runtime/options.ts";
import { databasePath } from "../../src/store/database.ts";
import { fleetOf, TestRuntime } from "./fleet.ts";

/** A zone loses its power, its guests move, the zone comes back: then the whole log, byte for byte. */
async function run(
  steps: readonly number[],
  options: Partial<RuntimeOptions> = {},
): Promise<string> {
  const fleet = await TestRuntime.start(options);
  await fleet.apply(fleetOf({ hosts: 4, guests: 40 }));
  await fleet.advance(120);
  const zone = fleet.runtime.queries.reader.load().entities.Zone[0];
  if (!zone) throw new Error("The fleet has no zone");
  await fleet.done({
    kind: "INJECT_FAULT",
    fault: "ZONE_POWER",
    target: { type: "Zone", id: zone.id },
    durationSeconds: 400,
  });
  for (const seconds of steps) await fleet.advance(seconds);
  await fleet.runtime.close();
  return dump(fleet.dataDir);
}

function dump(dataDir: string): string {
  const sqlite = new Sqlite(databasePath(dataDir), { readonly: true });
  try {
    return sqlite
      .prepare("SELECT * FROM log ORDER BY seq")
      .all()
      .map((row) => JSON.stringify(row))
      .join("\n");
  } finally {
    sqlite.close();
  }
}

test("two runs of one seed give byte-identical logs, in whichever thread", async () => {
  const first = await run([900]);
  expect(first).toContain("GuestFailedOver");
  expect(await run([900])).toBe(first);
  expect(await run([900], { thread: "worker" })).toBe(first);
});

test("another seed gives another log", async () => {
  expect(await run([900], { seed: 2 })).not.toBe(await run([900], { seed: 3 }));
});
