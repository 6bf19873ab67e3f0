// A server that is killed in the moment between a commit and the nth order of a kind that it holds:
// `node killed-server.ts DATA_DIR KIND N`. Its fleet starts, and then a zone loses its power.

import type { ClockedDriver } from "../../src/drivers/driver.ts";
import type { Action } from "../../src/model/actions.ts";
import type { Command } from "../../src/model/commands.ts";
import { allDrivers, openWriter } from "../../src/runtime/open-writer.ts";
import { writerOptions } from "../../src/runtime/options.ts";
import { openReader } from "../../src/store/reader.ts";
import { ALICE, fleetOf } from "./fleet.ts";

const [dataDir = "", kind, nth] = process.argv.slice(2);
let left = Number(nth);

function deadly(driver: ClockedDriver): ClockedDriver {
  return new Proxy(driver, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      if (key !== "perform") return value.bind(target);
      return (action: Action) => {
        if (action.kind === kind && --left === 0) process.kill(process.pid, "SIGKILL");
        target.perform(action);
      };
    },
  });
}

const { writer } = openWriter(
  writerOptions({ dataDir, clock: { kind: "MANUAL" }, seed: 1 }, dataDir),
  {
    committed: () => undefined,
    clock: () => undefined,
    health: () => undefined,
    log: (text) => console.error(text),
    fatal: (error) => console.error(error),
  },
  (circumstances) =>
    allDrivers(circumstances)
      .filter(({ name }) => name === "simulated")
      .map((driver) => deadly(driver as ClockedDriver)),
);
writer.start();

function done(command: Command): Promise<void> {
  return new Promise((resolve, reject) => {
    const envelope = { command, actor: ALICE, idempotencyKey: null };
    writer.submit({
      envelope,
      reply: (result) => (result.ok ? resolve() : reject(new Error(result.rejection.message))),
    });
  });
}

const spec = fleetOf({ hosts: 4, guests: 10 });
await done({ kind: "APPLY_FLEET", spec, dryRun: false, prune: false });
await done({ kind: "ADVANCE_CLOCK", seconds: 60 });
const reader = openReader(dataDir);
const zone = reader.load().entities.Zone.find(({ name }) => name === "north-a");
if (!zone) throw new Error("There is no such zone");
await done({
  kind: "INJECT_FAULT",
  fault: "ZONE_POWER",
  target: { type: "Zone", id: zone.id },
  durationSeconds: 300,
});
await done({ kind: "ADVANCE_CLOCK", seconds: 600 });
