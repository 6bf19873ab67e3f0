import type { Driver } from "../drivers/driver.ts";
import { createHaproxyDriver } from "../drivers/haproxy/driver.ts";
import { createSimulatedDriver } from "../drivers/simulated/driver.ts";
import { State } from "../engine/state.ts";
import type { Observation } from "../model/actions.ts";
import type { AnyDriverName } from "../model/statuses.ts";
import { openStore } from "../store/writer.ts";
import { startOfClock } from "./clock.ts";
import type { WriterOptions } from "./options.ts";
import type { Outlet } from "./outlet.ts";
import { loadWorldState } from "./world-state.ts";
import { Writer } from "./writer.ts";

export type DriverFactory = (circumstances: {
  readonly seed: number;
  readonly nowMs: number;
  /** What the simulated world was when it was last stored. */
  readonly world: ReadonlyMap<string, string>;
  /** Where HAProxy may have been left servers. */
  readonly haproxy: ReadonlyMap<string, string>;
  sink(driver: AnyDriverName, observation: Observation): void;
}) => readonly Driver[];

export interface OpenWriter {
  readonly writer: Writer;
  readonly epoch: string;
  readonly dataDir: string;
}

/** Opens the data directory and wakes the fleet as it was left. Throws the store's errors. */
export function openWriter(
  { dataDir, clock, seed, retention, epoch, maxSizeBytes }: WriterOptions,
  outlet: Outlet,
  drivers: DriverFactory = allDrivers,
): OpenWriter {
  const store = openStore({
    dataDir,
    epoch,
    ...(maxSizeBytes === null ? {} : { maxSizeBytes }),
  });
  try {
    const { clockMs, ...snapshot } = store.load();
    const startMs = startOfClock(clock, clockMs);
    const world = loadWorldState(store, "simulated");
    const haproxy = store.loadDriverState("haproxy");
    const state = State.from(snapshot, startMs);
    const writer = new Writer({
      mode: clock,
      startMs,
      store,
      state,
      retention,
      outlet,
      unordered: world.unordered,
      drivers: (sink) => drivers({ seed, nowMs: startMs, world: world.state, haproxy, sink }),
    });
    return { writer, epoch: store.epoch, dataDir: store.dataDir };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Those that ship. */
export const allDrivers: DriverFactory = ({ seed, nowMs, world, haproxy, sink }) => [
  createSimulatedDriver({
    seed,
    nowMs,
    sink: (observation) => sink("simulated", observation),
    state: world,
  }),
  createHaproxyDriver((observation) => sink("haproxy", observation), haproxy),
];
