import type { Database, Statement } from "better-sqlite3";
import type { FleetEvent, Payload } from "../model/events.ts";
import type { Seq, TenantId } from "../model/ids.ts";
import { type CountingKind, VISIBILITY } from "../model/visibility.ts";

interface OwnEvent {
  readonly seq: Seq;
  readonly atMs: number;
  readonly kind: string;
  readonly guestId: number;
  readonly host: number | null;
  readonly failover: number | null;
}

/** How many of a tenant's guests an event is about that counts everybody's. */
export class OwnCounts {
  readonly #ownAfter: Statement<[Seq], OwnEvent>;
  readonly #ofIncident: Statement<[number], number>;
  #instant: Instant | null = null;

  constructor(sqlite: Database, tenantId: TenantId) {
    this.#ownAfter = sqlite.prepare(
      `SELECT seq, at_ms AS atMs, kind, subject_id AS guestId,
         payload ->> 'host' AS host, payload ->> 'failover' AS failover
       FROM main.log WHERE tenant_id = ${tenantId} AND seq > ? ORDER BY seq`,
    );
    this.#ofIncident = sqlite
      .prepare<[number], number>(
        `SELECT count(DISTINCT subject_id) FROM main.log
         WHERE incident_id = ? AND +tenant_id = ${tenantId} AND +kind = 'GuestLost'`,
      )
      .pluck();
  }

  /** By the fields of the event that hold them; null for one that counts no guests. */
  of(event: FleetEvent): Readonly<Record<string, number>> | null {
    if (VISIBILITY[event.kind] !== "OWN_COUNTS") return null;
    return this.#fieldsOf(event as FleetEvent<CountingKind>);
  }

  #fieldsOf(event: FleetEvent<CountingKind>): Readonly<Record<string, number>> {
    switch (event.kind) {
      case "HostDown":
        return { guestsLost: this.#lostAt(event).withHost.get(event.payload.host) ?? 0 };
      case "FailoverStarted":
        return { guestsAffected: this.#lostAt(event).inFailover.get(event.payload.failover) ?? 0 };
      case "FailoverCompleted":
        return this.#recovered(event, event.payload);
      case "IncidentResolved":
        return { guestsLost: this.#ofIncident.get(event.payload.incident) ?? 0 };
    }
  }

  /** What is lost with something is told after it, at the same instant: read once for all of that instant. */
  #lostAt({ seq, atMs }: FleetEvent): Instant {
    const known = this.#instant;
    const instant = known?.atMs === atMs && known.fromSeq <= seq ? known : new Instant(seq, atMs);
    this.#instant = instant;
    if (!instant.isOver)
      for (const event of this.#ownAfter.iterate(instant.readTo)) if (!instant.take(event)) break;
    return instant;
  }

  /** Its cause is the event that began it. */
  #recovered({ seq, causeSeq }: FleetEvent, { failover }: Payload<"FailoverCompleted">) {
    const lost = new Set<number>();
    const back = new Set<number>();
    for (const event of this.#ownAfter.iterate(causeSeq ?? seq)) {
      if (event.seq > seq) break;
      if (event.failover !== failover) continue;
      if (event.kind === "GuestLost") lost.add(event.guestId);
      if (event.kind === "GuestFailedOver") back.add(event.guestId);
    }
    return { guestsRecovered: back.size, guestsUnrecovered: Math.max(0, lost.size - back.size) };
  }
}

/** The own guests that were lost at one instant, as far as it has been read. */
class Instant {
  readonly fromSeq: Seq;
  readonly atMs: number;
  readonly withHost = new Map<number, number>();
  readonly inFailover = new Map<number, number>();
  readTo: Seq;
  /** What comes is of a later one. */
  isOver = false;

  constructor(fromSeq: Seq, atMs: number) {
    this.fromSeq = fromSeq;
    this.atMs = atMs;
    this.readTo = fromSeq;
  }

  /** False for an event of another instant. */
  take({ seq, atMs, kind, host, failover }: OwnEvent): boolean {
    if (atMs !== this.atMs) {
      this.isOver = true;
      return false;
    }
    this.readTo = seq;
    if (kind !== "GuestLost") return true;
    if (host !== null) this.withHost.set(host, (this.withHost.get(host) ?? 0) + 1);
    if (failover !== null) this.inFailover.set(failover, (this.inFailover.get(failover) ?? 0) + 1);
    return true;
  }
}
