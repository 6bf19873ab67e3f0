import type { Database, Statement } from "better-sqlite3";
import type { FleetEvent, Payload } from "../model/events.ts";
import type { Seq, TenantId } from "../model/ids.ts";
import { type CountingKind, VISIBILITY } from "../model/visibility.ts";

interface Question {
  readonly kind: "GuestLost" | "GuestFailedOver";
  /** Both exclusive. */
  readonly after: Seq;
  readonly before: Seq;
  /** The payload's field that holds the value. */
  readonly field: "host" | "failover";
  readonly value: number;
}

/** How many of a tenant's guests an event is about that counts everybody's. */
export class OwnCounts {
  readonly #count: Statement<[Question & { tenantId: TenantId }], number>;
  readonly #ofIncident: Statement<[number, TenantId], number>;
  readonly #next: Statement<[Seq, number], Seq>;
  readonly #tenantId: TenantId;

  constructor(sqlite: Database, tenantId: TenantId) {
    this.#tenantId = tenantId;
    this.#count = sqlite
      .prepare<[Question & { tenantId: TenantId }], number>(
        `SELECT count(DISTINCT subject_id) FROM main.log
         WHERE tenant_id = @tenantId AND seq > @after AND seq < @before AND +kind = @kind
           AND payload ->> @field = @value`,
      )
      .pluck();
    this.#ofIncident = sqlite
      .prepare<[number, TenantId], number>(
        `SELECT count(DISTINCT subject_id) FROM main.log
         WHERE incident_id = ? AND +tenant_id = ? AND +kind = 'GuestLost'`,
      )
      .pluck();
    this.#next = sqlite
      .prepare<[Seq, number], Seq>(
        "SELECT seq FROM main.log WHERE seq > ? AND at_ms > ? ORDER BY seq LIMIT 1",
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
        return { guestsLost: this.#lostAt(event, "host", event.payload.host) };
      case "FailoverStarted":
        return { guestsAffected: this.#lostAt(event, "failover", event.payload.failover) };
      case "FailoverCompleted":
        return this.#recovered(event, event.payload);
      case "IncidentResolved":
        return {
          guestsLost: this.#ofIncident.get(event.payload.incident, this.#tenantId) ?? 0,
        };
    }
  }

  /** What is lost with something is told right after it, at the same instant. */
  #lostAt({ seq, atMs }: FleetEvent, field: Question["field"], value: number): number {
    const before = this.#next.get(seq, atMs) ?? Number.MAX_SAFE_INTEGER;
    return this.#ask({ kind: "GuestLost", after: seq, before, field, value });
  }

  /** Its cause is the event that began it. */
  #recovered({ seq, causeSeq }: FleetEvent, { failover }: Payload<"FailoverCompleted">) {
    const within = {
      after: causeSeq ?? 0,
      before: seq,
      field: "failover",
      value: failover,
    } as const;
    const lost = this.#ask({ ...within, kind: "GuestLost" });
    const guestsRecovered = this.#ask({ ...within, kind: "GuestFailedOver" });
    return { guestsRecovered, guestsUnrecovered: Math.max(0, lost - guestsRecovered) };
  }

  #ask(question: Question): number {
    return this.#count.get({ ...question, tenantId: this.#tenantId }) ?? 0;
  }
}
