import type { EventKind } from "../src/model/events.ts";

/**
 * Availability as measured from the log: a pure fold over what happened to guests. A guest is UP
 * while it runs, DOWN while it should run and doesn't, and OUT of service, which counts as neither,
 * before its first start and whenever it was asked not to run.
 */
export type ServiceState = "UP" | "DOWN" | "OUT";

/** One event of one guest, with no more than the fold needs. */
export interface ServiceFact {
  readonly guestId: number;
  readonly kind: EventKind;
  readonly atMs: number;
  /** GuestLost: when it was last known to run, which is when its downtime began. */
  readonly lastSeenAtMs: number | null;
  /** Where it is from now on; null when the event does not tell. */
  readonly zoneId: number | null;
}

const AFTER: Partial<Record<EventKind, ServiceState>> = {
  GuestStarted: "UP",
  GuestFailedOver: "UP",
  GuestResumed: "UP",
  GuestRebooted: "UP",
  GuestLost: "DOWN",
  GuestCrashed: "DOWN",
  GuestRebooting: "DOWN",
  GuestStopRequested: "OUT",
  GuestSuspendRequested: "OUT",
  GuestDeleteRequested: "OUT",
  GuestStopping: "OUT",
  GuestStopped: "OUT",
  GuestSuspending: "OUT",
  GuestSuspended: "OUT",
  GuestDeleted: "OUT",
};

/** What must have been so before, when the log no longer holds how it came about. */
const BEFORE: Partial<Record<EventKind, ServiceState>> = {
  GuestLost: "UP",
  GuestCrashed: "UP",
  GuestRebooting: "UP",
  GuestMigrated: "UP",
  GuestStopRequested: "UP",
  GuestSuspendRequested: "UP",
  GuestFailedOver: "DOWN",
  GuestRebooted: "DOWN",
};

/** The kinds that the fold reads; others tell it nothing. */
export const SERVICE_KINDS = [
  ...new Set([...Object.keys(AFTER), "GuestMigrated"]),
] as readonly EventKind[];

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Measured {
  readonly upMs: number;
  readonly downMs: number;
  readonly outages: number;
  readonly longestOutageMs: number;
}
export const NOTHING_MEASURED: Measured = { upMs: 0, downMs: 0, outages: 0, longestOutageMs: 0 };

interface Span {
  readonly state: ServiceState;
  readonly zoneId: number | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is known of a guest whose whole history the log may no longer hold. */
export interface KnownGuest {
  readonly guestId: number;
  readonly zoneId: number | null;
  /** Its state now, which is what it was all along when the log says nothing of it. */
  readonly state: ServiceState;
  /** The log still holds its beginning. */
  readonly complete: boolean;
}

/** A guest's state and zone, and since when. */
interface Standing {
  readonly state: ServiceState;
  readonly zoneId: number | null;
}

function standingBefore(first: ServiceFact | undefined, guest: KnownGuest): Standing {
  const zoneId = first ? first.zoneId : guest.zoneId;
  if (guest.complete) return { state: "OUT", zoneId };
  return { state: (first ? BEFORE[first.kind] : guest.state) ?? "OUT", zoneId };
}

function standingAfter(before: Standing, fact: ServiceFact): Standing {
  const next = AFTER[fact.kind] ?? before.state;
  // The loss of a guest that nobody wants to run is no outage.
  const state = next === "DOWN" && before.state === "OUT" ? "OUT" : next;
  return { state, zoneId: fact.zoneId ?? before.zoneId };
}

/** One guest's life within the window as spans, from its facts in log order. */
function spansOf(facts: readonly ServiceFact[], guest: KnownGuest, window: Window): Span[] {
  let standing = standingBefore(facts[0], guest);
  let { fromMs } = window;
  const spans: Span[] = [];
  const close = (atMs: number) => {
    const toMs = Math.min(Math.max(atMs, fromMs), window.toMs);
    if (toMs > fromMs) spans.push({ ...standing, fromMs, toMs });
    fromMs = toMs;
  };
  for (const fact of facts) {
    const next = standingAfter(standing, fact);
    if (next.state === standing.state && next.zoneId === standing.zoneId) continue;
    close(fact.kind === "GuestLost" ? (fact.lastSeenAtMs ?? fact.atMs) : fact.atMs);
    standing = next;
  }
  close(window.toMs);
  return spans;
}

/** Guest-time within the window, of one zone or (null) wherever. */
export function measure(
  facts: readonly ServiceFact[],
  guests: readonly KnownGuest[],
  window: Window,
  zoneIds: ReadonlySet<number> | null,
): Measured {
  const byGuest = Map.groupBy(facts, (fact) => fact.guestId);
  const spans = guests.flatMap((guest) => spansOf(byGuest.get(guest.guestId) ?? [], guest, window));
  return spans
    .filter((span) => zoneIds === null || (span.zoneId !== null && zoneIds.has(span.zoneId)))
    .reduce(addSpan, NOTHING_MEASURED);
}

function addSpan(sum: Measured, { state, fromMs, toMs }: Span): Measured {
  const ms = toMs - fromMs;
  if (state === "UP") return { ...sum, upMs: sum.upMs + ms };
  if (state === "OUT") return sum;
  return {
    ...sum,
    downMs: sum.downMs + ms,
    outages: sum.outages + 1,
    longestOutageMs: Math.max(sum.longestOutageMs, ms),
  };
}

/** 1 when nothing was in service: nothing was owed, and nothing was missed. */
export function ratioOf({ upMs, downMs }: Measured): number {
  return upMs + downMs === 0 ? 1 : upMs / (upMs + downMs);
}

/** What no measurement of this length could tell from perfection. */
const MAX_NINES = 9;

/** 0.999 is three nines. */
export function ninesOf(ratio: number): number {
  return Math.min(MAX_NINES, -Math.log10(1 - ratio));
}
