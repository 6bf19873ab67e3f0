import type { Host } from "../../model/entities.ts";
import { fencesByItself } from "../fleet-conditions.ts";
import { isFailing } from "../host-conditions.ts";
import type { State } from "../state.ts";

/**
 * What a silence leads to, and when. A host that is silent for long is fenced; it is dead when the
 * fence is confirmed, or when its watchdog must have killed everything.
 */

export interface Step {
  readonly kind: "FENCE" | "FENCE_TIMES_OUT" | "PROVEN_DEAD";
  readonly atMs: number;
}

/** Longest wait between two fences of a host that no watchdog is known to kill. */
const MAX_FENCE_WAIT_MS = 60_000;

/** What is to be done about a host on its way down; null: nothing, until it is heard of. */
export function nextStep(state: State, host: Host): Step | null {
  const provenMs = provenDeadAtMs(state, host);
  const proof: Step | null = provenMs === null ? null : { kind: "PROVEN_DEAD", atMs: provenMs };
  if (host.status === "FENCING" && host.fenceFailedAtMs === null) {
    const atMs = host.statusSinceMs + state.meta.settings.fenceTimeoutSeconds * 1000;
    return proof && proof.atMs <= atMs ? proof : { kind: "FENCE_TIMES_OUT", atMs };
  }
  if (!fencesByItself(state)) return proof;
  if (host.status === "SUSPECT" && !(host.opinion === "ALIVE" && proof))
    return { kind: "FENCE", atMs: fenceDueAtMs(state, host) };
  return proof ?? { kind: "FENCE", atMs: fenceAgainAtMs(state, host) };
}

/** When the next silence is too long, or the next step of one that is. */
export function nextSilenceDueAtMs(state: State): number {
  const { leases, indexes, meta } = state;
  let due = leases.oldestMs(indexes.watched) + meta.settings.suspectAfterSeconds * 1000;
  for (const id of indexes.suspects) {
    const step = nextStep(state, state.tables.Host.get(id));
    if (step) due = Math.min(due, step.atMs);
  }
  return due;
}

/**
 * While this process did not run or did not listen, the host may have been in contact without anyone
 * hearing it: such a silence counts from the moment somebody listened again.
 */
export function silentSinceMs(state: State, host: Host): number {
  return state.leases.lastMs(host.id);
}

/** At once when somebody who would know says that it is dead. */
function fenceDueAtMs(state: State, host: Host): number {
  const { settings, silencesCountFromMs } = state.meta;
  if (host.opinion === "DEAD") return host.statusSinceMs;
  const fromMs = Math.max(silentSinceMs(state, host), silencesCountFromMs ?? 0);
  return fromMs + settings.fenceAfterSeconds * 1000;
}

/** A fence that failed is tried again until it is confirmed, after waits as long as the silence so far. */
function fenceAgainAtMs(state: State, host: Host): number {
  const failedMs = host.fenceFailedAtMs ?? host.statusSinceMs;
  const leastMs = state.meta.settings.fenceAfterSeconds * 1000;
  const waitMs = Math.min(MAX_FENCE_WAIT_MS, failedMs - silentSinceMs(state, host));
  return failedMs + Math.max(leastMs, waitMs);
}

/**
 * When the watchdog has killed everything for certain; null when it is not known to be on. Its
 * countdown began with the last contact, of which the last heartbeat heard may be the one before:
 * hence one more interval. A host out of contact has not heard of new times: what counts is what it
 * may still believe in. After the loss of all contact, the others have a moment to come back.
 */
export function provenDeadAtMs(state: State, host: Host): number | null {
  const { armed, settings, silencesCountFromMs } = state.meta;
  if (!armed || host.watchdogMs === null || heardSince(state, host)) return null;
  const provenMs = silentSinceMs(state, host) + host.watchdogMs;
  if (silencesCountFromMs === null) return provenMs;
  return Math.max(provenMs, silencesCountFromMs + settings.suspectAfterSeconds * 1000);
}

/** Contact while it was being fenced calls its watchdog off: only the fence can prove it dead now. */
export function heardSince(state: State, host: Host): boolean {
  return state.leases.heardAfter(host.id, host.lastSeenAtMs ?? 0);
}

/**
 * Nobody is heard of, though at least two hosts were: rather than that all of them died at once, this
 * side is cut off. Not so when power, cooling or a second opinion explain each of the silences.
 */
export function isOutOfContact(state: State): boolean {
  const { watched, suspects } = state.indexes;
  if (watched.size > 0 || suspects.size < 2) return false;
  return [...suspects].some((id) => !isExplained(state, state.tables.Host.get(id)));
}

function isExplained(state: State, host: Host): boolean {
  return isFailing(state.tables.Zone.get(host.zoneId)) || host.opinion === "DEAD";
}
