/** Which events a listener or a list wants; the same for the log on disk and for the live edge. */

import type { Actor } from "../model/actors.ts";
import type { EventKind, FleetEvent } from "../model/events.ts";
import type { Seq, TenantId } from "../model/ids.ts";
import { type EventCategory, SEVERITIES, type Severity } from "../model/statuses.ts";

/**
 * An event must pass all that are given; of an array, any one value. So an empty array matches
 * nothing.
 */
export interface LogFilter {
  /** What principals of these names brought about: those of the tenant, or of all if that is null. */
  readonly principals?: { readonly names: readonly string[]; readonly tenantId: TenantId | null };
  readonly categories?: readonly EventCategory[];
  readonly kinds?: readonly EventKind[];
  readonly minSeverity?: Severity;
  /** Ids of any entity type: they are unique across types. */
  readonly subjectIds?: readonly number[];
  readonly zoneIds?: readonly number[];
  readonly tenantIds?: readonly number[];
  readonly incidentIds?: readonly number[];
  /** All that followed from this event, at any remove; not the event itself. */
  readonly causedBySeq?: Seq;
}

export type EventPredicate = (event: FleetEvent) => boolean;

/** Everything of the filter that an event tells by itself: all but `causedBySeq`. */
export function matches(event: FleetEvent, filter: LogFilter): boolean {
  return (
    isAmong(event.category, filter.categories) &&
    isAmong(event.kind, filter.kinds) &&
    isAmong(event.subject?.id, filter.subjectIds) &&
    isAmong(event.zoneId, filter.zoneIds) &&
    isAmong(event.tenantId, filter.tenantIds) &&
    isAmong(event.incidentId, filter.incidentIds) &&
    isBy(event.actor, filter.principals) &&
    (filter.minSeverity === undefined ||
      severityRank(event.severity) >= severityRank(filter.minSeverity))
  );
}

function isBy(actor: Actor, wanted: LogFilter["principals"]): boolean {
  if (wanted === undefined) return true;
  if (actor.kind !== "PRINCIPAL" || !isAmong(actor.name, wanted.names)) return false;
  return wanted.tenantId === null || actor.tenantId === wanted.tenantId;
}

function isAmong<T>(value: T | null | undefined, wanted: readonly T[] | undefined): boolean {
  if (wanted === undefined) return true;
  return value !== null && value !== undefined && wanted.includes(value);
}

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/**
 * Follows one event's consequences along the log. Shown every event in order, it knows of each
 * whether it descends from the root.
 */
export class CauseTracker {
  readonly #family: Set<Seq>;

  /** `known`: the descendants up to where the tracker starts. */
  constructor(rootSeq: Seq, known: Iterable<Seq> = []) {
    this.#family = new Set(known).add(rootSeq);
  }

  descends(event: FleetEvent): boolean {
    const { seq, causeSeq } = event;
    if (causeSeq === null || causeSeq >= seq || !this.#family.has(causeSeq)) return false;
    this.#family.add(seq);
    return true;
  }
}

/**
 * The whole filter as one predicate. With `causedBySeq` it must be shown every event after the
 * position that `known` is of, in order.
 */
export function predicateOf(filter: LogFilter, known: Iterable<Seq> = []): EventPredicate {
  if (filter.causedBySeq === undefined) return (event) => matches(event, filter);
  const tracker = new CauseTracker(filter.causedBySeq, known);
  // The tracker sees events that fail the rest of the filter too: they may cause some that pass.
  return (event) => tracker.descends(event) && matches(event, filter);
}
