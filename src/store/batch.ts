import type { CommandResult } from "../model/commands.ts";
import type { Changes } from "../model/entities.ts";
import type { FleetEvent } from "../model/events.ts";
import type { GuestId, HostId, LoadBalancerId } from "../model/ids.ts";
import type { Reading } from "../model/metering.ts";
import type { AnyDriverName } from "../model/statuses.ts";
import type { BalancerTraffic } from "../model/traffic.ts";

/** What goes to disk together, or not at all. */
export interface Batch {
  /** In order, each `seq` one more than the one before, the first one more than the log's last. */
  readonly events: readonly FleetEvent[];
  /** What the events did to the tables; null when they did nothing. */
  readonly changes: Changes | null;
  /** The fleet's clock, in ms since the Unix epoch. */
  readonly clockMs: number;
  /** Null deletes a key. */
  readonly driverState: ReadonlyMap<AnyDriverName, ReadonlyMap<string, string | null>>;
  readonly idempotency: readonly IdempotencyRecord[];
  readonly telemetry: Telemetry | null;
}

/** The newest samples. One of a guest or host that is gone by now is dropped. */
export interface Telemetry {
  readonly guests: ReadonlyMap<GuestId, GuestSample>;
  /** When each was last heard of, in ms since the Unix epoch. */
  readonly hosts: ReadonlyMap<HostId, number>;
  /** Metered since the last ones; none is dropped. */
  readonly readings: readonly Reading[];
  /** How requests fare; none where there are none. */
  readonly loadBalancers?: ReadonlyMap<LoadBalancerId, TrafficSample>;
}

export interface TrafficSample {
  readonly traffic: BalancerTraffic;
  readonly sampledAtMs: number;
}

export interface GuestSample {
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly cpuDemandMillicores: number;
  readonly cpuStolenMillicores: number;
  readonly sampledAtMs: number;
}

/** The result of a command that carried an idempotency key, to be answered again. */
export interface IdempotencyRecord {
  /** As `formatActor` writes it; keys of different actors never meet. */
  readonly actor: string;
  readonly key: string;
  /** Tells the command from another one sent with the same key by mistake. */
  readonly fingerprint: string;
  readonly result: CommandResult;
  readonly atMs: number;
}
