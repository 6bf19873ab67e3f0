/** What the real engine makes a store write, recorded to be written again. */

import { State } from "../src/engine/state.ts";
import type { Command } from "../src/model/commands.ts";
import type { FleetSpec } from "../src/model/fleet.ts";
import { allDrivers } from "../src/runtime/open-writer.ts";
import { Writer } from "../src/runtime/writer.ts";
import type { Batch } from "../src/store/batch.ts";
import { openStore, type Store } from "../src/store/writer.ts";

const START_MS = Date.UTC(2026, 0, 1);
/** Longer than any guest takes to boot. */
const BOOT_SECONDS = 120;

/** Every batch from an empty store until all guests of the fleet run. */
export async function recordFleetStart(dataDir: string, spec: FleetSpec): Promise<Batch[]> {
  const batches: Batch[] = [];
  const store = recordingStore(openStore({ dataDir }), batches);
  const writer = new Writer({
    mode: { kind: "MANUAL" },
    startMs: START_MS,
    store,
    state: State.from(null, START_MS),
    retention: { maxAgeMs: Number.POSITIVE_INFINITY, maxEvents: Number.POSITIVE_INFINITY },
    unordered: [],
    outlet: {
      committed: () => undefined,
      clock: () => undefined,
      health: () => undefined,
      log: (text) => console.error(text),
      fatal: (error) => console.error(error),
    },
    drivers: (sink) =>
      allDrivers({ seed: 1, nowMs: START_MS, world: new Map(), haproxy: new Map(), sink }),
  });
  writer.start();
  await done(writer, { kind: "APPLY_FLEET", spec, dryRun: false, prune: false });
  await done(writer, { kind: "ADVANCE_CLOCK", seconds: BOOT_SECONDS });
  writer.close();
  return batches;
}

function recordingStore(store: Store, batches: Batch[]): Store {
  return new Proxy(store, {
    get(target, key) {
      if (key === "append")
        return (batch: Batch) => {
          target.append(batch);
          batches.push(copyOf(batch));
        };
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The drivers' state is emptied by its owner once it is written; all else is never changed. */
function copyOf(batch: Batch): Batch {
  const driverState = new Map([...batch.driverState].map(([name, all]) => [name, new Map(all)]));
  return { ...batch, driverState };
}

function done(writer: Writer, command: Command): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  writer.submit({
    envelope: { command, actor: { kind: "PRINCIPAL", name: "bench" }, idempotencyKey: null },
    reply: (result) => (result.ok ? resolve() : reject(new Error(result.rejection.message))),
  });
  return promise;
}
