import type { ShutdownPolicy } from "./statuses.ts";

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
}

/**
 * Silence of 8 s fences; Proxmox VE takes 60 s to lose the lock and about 120 s until recovery,
 * Kubernetes 40 s until NotReady and 300 s until eviction. The watchdog is longer than
 * `fenceAfterSeconds` so that a fence that works is always faster than the proof by time.
 */
export const DEFAULT_SETTINGS: Settings = {
  shutdownPolicy: "CONDITIONAL",
  heartbeatSeconds: 1,
  suspectAfterSeconds: 3,
  fenceAfterSeconds: 8,
  watchdogSeconds: 10,
  balanceOnStart: false,
  batterySeconds: 60,
  overheatSeconds: 300,
  usageSampleSeconds: 10,
  actionTimeoutSeconds: 180,
  fenceTimeoutSeconds: 3,
  retrySeconds: 2,
};
