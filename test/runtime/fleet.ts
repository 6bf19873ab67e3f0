import { onTestFinished } from "vitest";
import { evolve } from "../../src/engine/evolve.ts";
import { State } from "../../src/engine/state.ts";
import type { Actor } from "../../src/model/actors.ts";
import type { Command, CommandResult } from "../../src/model/commands.ts";
import type { Snapshot } from "../../src/model/entities.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import { type FleetSpec, GUEST_DEFAULTS, type GuestSpec } from "../../src/model/fleet.ts";
import type { GuestId } from "../../src/model/ids.ts";
import type { RuntimeOptions } from "../../src/runtime/options.ts";
import type { Runtime } from "../../src/runtime/ports.ts";
import { startRuntime } from "../../src/runtime/runtime.ts";
import { temporaryFolder } from "./log.ts";

export const ALICE: Actor = { kind: "PRINCIPAL", name: "alice" };

/** Two zones with `hosts` hosts each of 8 cores and 32 GiB, and guests of one core and 2 GiB. */
export function fleetOf({ hosts = 2, guests = 0 }: { hosts?: number; guests?: number }): FleetSpec {
  return {
    settings: {},
    regions: [
      {
        path: ["regions", "0"],
        name: "north",
        latitude: null,
        longitude: null,
        zones: ["north-a", "north-b"].map((name, index) => ({
          path: ["regions", "0", "zones", `${index}`],
          name,
          tolerate: null,
          dataCenters: [{ path: [], name: `${name}-1`, hosts: hostsIn(name, hosts) }],
        })),
      },
    ],
    tenants: [],
    flavors: [
      {
        path: ["flavors", "0"],
        name: "small",
        resources: { cpuMillicores: 1_000, memoryMiB: 2_048, storageGiB: 10 },
        allocation: null,
      },
    ],
    images: [{ path: ["images", "0"], name: "linux", bootSeconds: null }],
    guests: Array.from({ length: guests }, (_, index) => guestSpec(index)),
    affinityRules: [],
    securityGroups: [],
    loadBalancers: [],
    scalingGroups: [],
  };
}

function hostsIn(zone: string, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    path: [],
    name: `${zone}-h${index + 1}`,
    rack: null,
    capacity: { cpuMillicores: 8_000, memoryMiB: 32_768, storageGiB: 1_000 },
    powerWatts: null,
    powered: true,
    driver: "simulated" as const,
    driverUri: null,
  }));
}

function guestSpec(index: number): GuestSpec {
  return {
    ...GUEST_DEFAULTS,
    path: ["guests", `${index}`],
    name: `g${index + 1}`,
    flavor: "small",
    resources: null,
    image: "linux",
    host: null,
    dependsOn: [],
    workload: null,
  };
}

/** A runtime for tests, closed after the test, and short ways to use it. */
export class TestRuntime {
  readonly dataDir: string;
  readonly logged: string[] = [];
  readonly runtime: Runtime;

  private constructor(runtime: Runtime, dataDir: string, logged: string[]) {
    this.runtime = runtime;
    this.dataDir = dataDir;
    this.logged = logged;
  }

  static async start(options: Partial<RuntimeOptions> = {}): Promise<TestRuntime> {
    const dataDir = options.dataDir ?? temporaryFolder();
    const logged: string[] = [];
    const runtime = await startRuntime({
      dataDir,
      clock: { kind: "MANUAL" },
      seed: 1,
      thread: "inline",
      onLog: (text) => logged.push(text),
      ...options,
    });
    onTestFinished(() => runtime.close());
    return new TestRuntime(runtime, dataDir, logged);
  }

  submit(command: Command, idempotencyKey: string | null = null, actor = ALICE) {
    return this.runtime.commands.submit({ command, actor, idempotencyKey });
  }

  async done(command: Command): Promise<CommandResult & { ok: true }> {
    const result = await this.submit(command);
    if (!result.ok) throw new Error(`${result.rejection.code}: ${result.rejection.message}`);
    return result;
  }

  apply(spec: FleetSpec) {
    return this.done({ kind: "APPLY_FLEET", spec, dryRun: false, prune: false });
  }

  advance(seconds: number) {
    return this.done({ kind: "ADVANCE_CLOCK", seconds });
  }

  /** All that is in the log. */
  log(): FleetEvent[] {
    return this.runtime.queries.reader.readEvents(0, 1_000_000);
  }

  /** What the tables hold. */
  tables(): Snapshot {
    const { meta, entities } = this.runtime.queries.reader.load();
    return { meta, entities };
  }

  /** What the log says that they hold, with no event missing. */
  folded(): Snapshot {
    const events = this.log();
    for (const [index, { seq }] of events.entries())
      if (seq !== index + 1) throw new Error(`Event ${seq} is number ${index + 1} of the log`);
    const state = State.from(null, 0);
    evolve(state, events);
    return state.snapshot();
  }

  kinds(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { kind } of this.log()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  guestId(name: string): GuestId {
    const found = this.runtime.queries.reader.load().entities.Guest.find((g) => g.name === name);
    if (!found) throw new Error(`There is no guest ${name}`);
    return found.id;
  }
}
