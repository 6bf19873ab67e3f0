/** Fleets brought to life through the real runtime, its clock moved by hand. */

import type { Command } from "../src/model/commands.ts";
import type { FleetSpec } from "../src/model/fleet.ts";
import type { Ref } from "../src/model/ids.ts";
import type { Runtime } from "../src/runtime/ports.ts";
import { startRuntime } from "../src/runtime/runtime.ts";

/** Longer than any guest takes to boot. */
const BOOT_SECONDS = 120;
/** A zone's power goes for longer than its batteries last, and comes back. */
const OUTAGE_SECONDS = 300;
/** Until all hosts are up again and whoever goes home has gone. */
const RECOVERY_SECONDS = 900;

/** Everything in the caller's thread, so that its CPU time can be told. */
export function openRuntime(dataDir: string): Promise<Runtime> {
  return startRuntime({ dataDir, clock: { kind: "MANUAL" }, seed: 1, thread: "inline" });
}

/** Throws when the command is refused. */
export async function order(runtime: Runtime, command: Command): Promise<void> {
  const actor = { kind: "PRINCIPAL", name: "bench" } as const;
  const result = await runtime.commands.submit({ command, actor, idempotencyKey: null });
  if (!result.ok) throw new Error(`${command.kind}: ${result.rejection.message}`);
}

/** Makes a data directory in which all guests of the fleet run. */
export async function startFleet(dataDir: string, spec: FleetSpec): Promise<void> {
  const runtime = await openRuntime(dataDir);
  await order(runtime, { kind: "APPLY_FLEET", spec, dryRun: false, prune: false });
  await order(runtime, { kind: "ADVANCE_CLOCK", seconds: BOOT_SECONDS });
  await runtime.close();
}

/** Zone after zone loses its power and gets it back, until the log is so long. */
export async function growLog(dataDir: string, events: number): Promise<void> {
  const runtime = await openRuntime(dataDir);
  const zones = runtime.queries.reader.load().entities.Zone;
  for (let outage = 0; runtime.feed.head() < events; outage++) {
    const before = runtime.feed.head();
    const zone = zones[outage % zones.length];
    if (!zone) throw new Error("A fleet without zones has no outages");
    const target: Ref = { type: "Zone", id: zone.id };
    const durationSeconds = OUTAGE_SECONDS;
    await order(runtime, { kind: "INJECT_FAULT", fault: "ZONE_POWER", target, durationSeconds });
    await order(runtime, { kind: "ADVANCE_CLOCK", seconds: OUTAGE_SECONDS + RECOVERY_SECONDS });
    if (runtime.feed.head() < before + zones.length)
      throw new Error(`An outage of ${zone.name} left nothing in the log`);
  }
  await runtime.close();
}
