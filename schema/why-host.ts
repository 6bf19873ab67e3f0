import type { Reason } from "../src/model/reasons.ts";
import type { FleetFacts } from "./fleet-meta.ts";
import type { Row } from "./loaders.ts";

/** Why a host is not in service, and what its guests wait for: told from its row, for people. */

export interface HostFacts {
  readonly host: Row<"Host">;
  readonly zone: Row<"Zone">;
  readonly fleet: FleetFacts;
  /** Of a host that is to be emptied: how many guests are still there, and those that can't leave. */
  readonly guestsHere: number;
  readonly stuck: readonly StuckGuest[];
}

export interface StuckGuest {
  readonly name: string;
  readonly moveBlockedBy: readonly Reason[];
  /** Of one that does not move: why it is not as it is wanted. */
  readonly blockedBy: readonly Reason[];
}

/** Stuck guests that are named. */
const NAMED_MAX = 5;

const at = (ms: number) => new Date(ms).toISOString();

/** [] for a host that is up and takes guests. */
export function whyNotInService(facts: HostFacts, nowMs: number): Reason[] {
  const { status } = facts.host;
  if (status === "SUSPECT" || status === "FENCING") return whySilent(facts);
  if (status === "DOWN") return [whyDown(facts)];
  if (status === "DRAINING") return whyDraining(facts, nowMs);
  if (status === "MAINTENANCE")
    return [
      reason(facts, "HOST_IN_MAINTENANCE", "is in maintenance: it gets no guests until that ends"),
    ];
  if (status === "STANDBY") return [whyStandingBy(facts)];
  return [...(facts.host.overload?.reasons ?? []), ...whyShunned(facts, nowMs)];
}

function whyStandingBy(facts: HostFacts): Reason {
  const sinceMs = facts.host.power?.sinceMs ?? facts.host.statusSinceMs;
  const predicate = `has stood by since ${at(sinceMs)}, because it was not needed; it is woken when it is`;
  return reason(facts, "HOST_NOT_UP", predicate);
}

/**
 * What the guests of a silent host wait for. They may be running, or dead: nobody knows, and nothing
 * is started elsewhere before it is certain.
 */
export function whySilent(facts: HostFacts): Reason[] {
  const { host, fleet } = facts;
  if (host.status !== "SUSPECT" && host.status !== "FENCING") return [];
  const seenMs = host.lastSeenAtMs ?? host.statusSinceMs;
  const silence = `has not been heard of since ${at(seenMs)}`;
  if (!fleet.armed)
    return [
      reason(facts, "DISARMED", `${silence}; high availability is disarmed, so nothing is done`),
    ];
  if (fleet.contactLostAtMs !== null)
    return [
      reason(
        facts,
        "OUT_OF_CONTACT",
        `${silence}, nor has any other: nothing is fenced until one is`,
      ),
    ];
  const wait = host.status === "SUSPECT" ? suspicion(facts, seenMs) : fence(facts, seenMs);
  return [
    reason(facts, "WAITING_FOR_FENCE", `${silence} and ${wait}; then its guests start elsewhere`),
  ];
}

function suspicion(facts: HostFacts, seenMs: number): string {
  const { host, fleet } = facts;
  if (host.opinion === "ALIVE" && host.watchdogMs !== null)
    return `is cut off, but seen alive by others, so it is not fenced; ${watchdogProof(facts, seenMs)}`;
  const fromMs = Math.max(seenMs, fleet.silencesCountFromMs ?? 0);
  const fenceAt = at(fromMs + fleet.settings.fenceAfterSeconds * 1000);
  return `is fenced at ${fenceAt} unless it is heard of before, or no host at all is by then`;
}

function fence(facts: HostFacts, seenMs: number): string {
  if (facts.host.fenceFailedAtMs === null) return "is being fenced";
  return `could not be fenced; ${watchdogProof(facts, seenMs)}`;
}

function watchdogProof({ host, fleet }: HostFacts, seenMs: number): string {
  if (host.watchdogMs === null)
    return "its watchdog is not known to be on, so only a fence that works can prove it dead, which is tried again and again, or an admin who knows that it is off (confirmHostDead)";
  const deadMs = seenMs + host.watchdogMs;
  const leastMs = (fleet.silencesCountFromMs ?? 0) + fleet.settings.suspectAfterSeconds * 1000;
  return `its own watchdog will have killed its guests by ${at(Math.max(deadMs, leastMs))}`;
}

function whyDown(facts: HostFacts): Reason {
  const { host, zone } = facts;
  const { power } = host;
  if (power?.phase === "OFF")
    return reason(facts, "HOST_NOT_UP", `was switched off by request at ${at(power.sinceMs)}`);
  if (power?.phase === "SWITCHING" || power?.phase === "BOOTING") {
    const verb = {
      REBOOT: "rebooting",
      SHUTDOWN: "shutting down",
      POWER_ON: "powering on",
      STANDBY: "going to stand by",
    }[power.verb];
    return reason(facts, "IN_PROGRESS", `has been ${verb} since ${at(power.sinceMs)}`);
  }
  if (!host.everUp)
    return reason(facts, "HOST_NOT_UP", "has never been heard of: is it on and connected?");
  const lacks = (["power", "cooling", "network"] as const).filter((it) => zone[it] === "DOWN");
  const why = lacks.length > 0 ? `; its zone ${zone.name} lacks ${lacks.join(" and ")}` : "";
  const seen = host.lastSeenAtMs === null ? "" : `, last heard of at ${at(host.lastSeenAtMs)}`;
  return reason(
    facts,
    "HOST_NOT_UP",
    `has been down since ${at(host.statusSinceMs)}${seen}${why}; it takes guests again once it is heard of`,
  );
}

const PURPOSES = {
  REBOOT: "a reboot",
  SHUTDOWN: "a shutdown",
  STANDBY: "standby",
  POWER_ON: "a start",
} as const;

function whyDraining(facts: HostFacts, nowMs: number): Reason[] {
  const { host, guestsHere, stuck } = facts;
  const purpose = host.power === null ? "maintenance" : PURPOSES[host.power.verb];
  const left = guestsHere === 1 ? "1 guest is" : `${guestsHere} guests are`;
  const first = reason(
    facts,
    "IN_PROGRESS",
    `is being emptied for ${purpose}: ${left} still there`,
  );
  const named = stuck
    .slice(0, NAMED_MAX)
    .flatMap(({ name, moveBlockedBy, blockedBy }) => [
      ...moveBlockedBy.map((one) => ({ ...one, message: `${name} can't leave: ${one.message}` })),
      ...blockedBy.map((one) => ({ ...one, message: `${name} is waited for: ${one.message}` })),
    ]);
  const more = stuck.length - NAMED_MAX;
  if (more > 0) named.push(reason(facts, "IN_PROGRESS", `${more} more guests can't leave either`));
  return [first, ...named, ...whyLeftAlone(facts, nowMs)];
}

/** Up, and yet not given any guests. */
function whyShunned(facts: HostFacts, nowMs: number): Reason[] {
  const { zone } = facts;
  const reasons = whyLeftAlone(facts, nowMs);
  const failing = (["power", "cooling"] as const).filter((it) => zone[it] === "DOWN");
  if (failing.length > 0)
    reasons.push(
      reason(
        facts,
        "ZONE_FAILING",
        `gets no guests: its zone ${zone.name} has lost its ${failing.join(" and ")}`,
      ),
    );
  return reasons;
}

/** It does not answer, or flaps. */
function whyLeftAlone(facts: HostFacts, nowMs: number): Reason[] {
  const { host } = facts;
  const reasons: Reason[] = [];
  if (host.heldUntilMs !== null && host.heldUntilMs > nowMs)
    reasons.push(
      reason(
        facts,
        "HOST_HELD_OFF",
        `${whyHeldOff(host)} and gets no guests until ${at(host.heldUntilMs)}`,
      ),
    );
  if (host.movesShunUntilMs !== null && host.movesShunUntilMs > nowMs)
    reasons.push(
      reason(
        facts,
        "HOST_HELD_OFF",
        `is in contact, but a migration to it had no answer: guests go elsewhere while they can until ${at(host.movesShunUntilMs)}`,
      ),
    );
  return reasons;
}

function whyHeldOff({ unansweredSinceMs, flaps }: HostFacts["host"]): string {
  if (unansweredSinceMs === null) return `has lost contact ${flaps} times in short order`;
  return `is in contact, but has not answered the start of a guest that it was given at ${at(unansweredSinceMs)},`;
}

function reason({ host }: HostFacts, code: Reason["code"], predicate: string): Reason {
  return { code, message: `host ${host.name} ${predicate}`, hostId: host.id };
}
