/** Event ⇄ row of the log. Positional, because whole logs pass through here. */

import type { Actor } from "../model/actors.ts";
import { formatActor, parseActor } from "../model/actors.ts";
import type { FleetEvent } from "../model/events.ts";
import { SEVERITIES } from "../model/statuses.ts";
import { ref } from "./rows.ts";
import type { SqlValue } from "./statements.ts";

export const INSERT_EVENT = `INSERT INTO log (
  seq, epoch, at_ms, kind, category, severity, severity_rank, message,
  subject_type, subject_id, tenant_id, zone_id, cause_seq, incident_id, actor, payload
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function eventToRow(event: FleetEvent, epoch: string): SqlValue[] {
  return [
    event.seq,
    epoch,
    event.atMs,
    event.kind,
    event.category,
    event.severity,
    SEVERITIES.indexOf(event.severity),
    event.message,
    event.subject === null ? null : event.subject.type,
    event.subject === null ? null : event.subject.id,
    event.tenantId,
    event.zoneId,
    event.causeSeq,
    event.incidentId,
    formatActor(event.actor),
    JSON.stringify(event.payload),
  ];
}

/** What `eventFromRow` takes, in its order. */
export const EVENT_COLUMNS = [
  "seq",
  "at_ms",
  "kind",
  "category",
  "severity",
  "message",
  "subject_type",
  "subject_id",
  "tenant_id",
  "zone_id",
  "cause_seq",
  "incident_id",
  "actor",
  "payload",
] as const;

export type EventRow = readonly [
  seq: number,
  atMs: number,
  kind: string,
  category: string,
  severity: string,
  message: string,
  subjectType: string | null,
  subjectId: number | null,
  tenantId: number | null,
  zoneId: number | null,
  causeSeq: number | null,
  incidentId: number | null,
  actor: string,
  payload: string,
];

export function eventFromRow(row: EventRow): FleetEvent {
  const subjectType = row[6];
  return {
    seq: row[0],
    atMs: row[1],
    kind: row[2],
    category: row[3],
    severity: row[4],
    message: row[5],
    subject: subjectType === null ? null : ref(subjectType, row[7] as number),
    tenantId: row[8],
    zoneId: row[9],
    causeSeq: row[10],
    incidentId: row[11],
    actor: actorOf(row[12]),
    payload: JSON.parse(row[13]),
  } as FleetEvent;
}

/** Few actors write most of a log. Bounded, because names come from outside. */
const actors = new Map<string, Actor>();
const MAX_ACTORS = 1_000;

function actorOf(text: string): Actor {
  const known = actors.get(text);
  if (known) return known;
  if (actors.size >= MAX_ACTORS) actors.clear();
  const actor = parseActor(text);
  actors.set(text, actor);
  return actor;
}
