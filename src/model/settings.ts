import type { Resources } from "./resources.ts";
import type { AutomationMode, ShutdownPolicy, Tolerance } from "./statuses.ts";

/** How a fleet is run. Times in seconds of the fleet's clock. */
export interface Settings {
  /** What becomes of a host's guests when it is shut down or rebooted by request (Proxmox VE's policy names). */
  readonly shutdownPolicy: ShutdownPolicy;
  /** How often each host is heard of. */
  readonly heartbeatSeconds: number;
  /** Silence after which a host is SUSPECT: no new guests there. */
  readonly suspectAfterSeconds: number;
  /** Silence after which a host is fenced. */
  readonly fenceAfterSeconds: number;
  /** A host out of contact for this long kills its own guests; the proof of last resort that they are dead. */
  readonly watchdogSeconds: number;
  /** Choose the best host at each start instead of the one where the guest is at home. */
  readonly balanceOnStart: boolean;
  /** Simulated zones: how long batteries carry a zone that has lost its power. */
  readonly batterySeconds: number;
  /** Simulated zones: how long a fully loaded host runs without cooling before it trips; idle hosts last four times as long. */
  readonly overheatSeconds: number;
  /** How often guests' usage is sampled. */
  readonly usageSampleSeconds: number;
  /** A driver that has not answered a guest action for this long has failed it. */
  readonly actionTimeoutSeconds: number;
  /** A driver that has not answered a fence for this long has failed it; the watchdog's time decides. */
  readonly fenceTimeoutSeconds: number;
  /** Wait before a failed start or a crash is tried again; doubles each time up to a minute. */
  readonly retrySeconds: number;
  /** The loss of one such thing that room is kept free for; a zone can have its own. */
  readonly tolerate: Tolerance;
  /** Guests that boot on one host at a time: more at once would be a storm that slows all of them. */
  readonly startsPerHost: number;
  /** Migrations to and from one host at a time. */
  readonly migrationsPerHost: number;
  /** CPU given to guests per CPU that the host has (OpenStack's `cpu_allocation_ratio`). */
  readonly cpuAllocationRatio: number;
  /** Memory given to guests per memory that the host has (OpenStack's `ram_allocation_ratio`). */
  readonly memoryAllocationRatio: number;
  /** A host must have been up for this long before guests go back to it. */
  readonly failbackAfterSeconds: number;
  /** A second loss of contact within this long after the return from the first one is flapping. */
  readonly flapWindowSeconds: number;
  /** How long a host that flaps gets no guests after it is back; doubles with each flap, up to 16 times. */
  readonly holdOffSeconds: number;
  /** A host that was asked to reboot or to power on and is not heard of for this long has failed to. */
  readonly hostBootTimeoutSeconds: number;
  /** Whether guests are moved off hosts that are asked for more CPU than they should give. */
  readonly balancing: AutomationMode;
  /** Whether guests are gathered on few hosts, and hosts without guests put in STANDBY until they are needed. */
  readonly powerManagement: AutomationMode;
  /** How often both are thought over; demand is averaged over as long (VMware DRS: 5 minutes). */
  readonly balanceEverySeconds: number;
  /** The share of a host's CPU that its guests may ask for before some are moved. */
  readonly balanceAtUtilization: number;
  /** How long a host must have been up before it can be put in STANDBY. */
  readonly standbyAfterSeconds: number;
  /** CPU kept free on hosts that are up, as a share of what guests are expected to ask for. */
  readonly standbyHeadroom: number;
}

/**
 * Silence of 8 s fences; Proxmox VE takes 60 s to lose the lock and about 120 s until recovery,
 * Kubernetes 40 s until NotReady and 300 s until eviction. The watchdog is longer than
 * `fenceAfterSeconds` so that a fence that works is always faster than the proof by time, and short
 * enough for a guest to run again within 20 s where no fence reaches its host (9 s, a heartbeat, a boot).
 */
export const DEFAULT_SETTINGS: Settings = {
  shutdownPolicy: "CONDITIONAL",
  heartbeatSeconds: 1,
  suspectAfterSeconds: 3,
  fenceAfterSeconds: 8,
  watchdogSeconds: 9,
  balanceOnStart: false,
  batterySeconds: 60,
  overheatSeconds: 300,
  usageSampleSeconds: 10,
  actionTimeoutSeconds: 60,
  fenceTimeoutSeconds: 3,
  retrySeconds: 2,
  tolerate: "NOTHING",
  startsPerHost: 8,
  migrationsPerHost: 4,
  cpuAllocationRatio: 1,
  memoryAllocationRatio: 1,
  failbackAfterSeconds: 30,
  flapWindowSeconds: 600,
  holdOffSeconds: 30,
  hostBootTimeoutSeconds: 600,
  balancing: "OFF",
  powerManagement: "OFF",
  balanceEverySeconds: 300,
  balanceAtUtilization: 0.8,
  standbyAfterSeconds: 600,
  standbyHeadroom: 0.1,
};

export type AllocationRatios = Pick<Settings, "cpuAllocationRatio" | "memoryAllocationRatio">;

/** What a host of this capacity gives to guests. Storage is never given twice. */
export function offeredBy(
  { cpuMillicores, memoryMiB, storageGiB }: Resources,
  { cpuAllocationRatio, memoryAllocationRatio }: AllocationRatios,
): Resources {
  return {
    cpuMillicores: Math.floor(cpuMillicores * cpuAllocationRatio),
    memoryMiB: Math.floor(memoryMiB * memoryAllocationRatio),
    storageGiB,
  };
}
