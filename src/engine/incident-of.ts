import type { Host } from "../model/entities.ts";
import type { EventKind, FleetEvent } from "../model/events.ts";
import type { IncidentId, Ref } from "../model/ids.ts";
import { disturbanceOf, disturbanceOfItsOwn } from "./controllers/disturbance.ts";
import type { State } from "./state.ts";

interface Named {
  readonly incident?: number;
  readonly guest?: number | null;
  readonly failover?: number | null;
  readonly host?: number | null;
  readonly fromHost?: number;
  readonly zone?: number;
  readonly why?: unknown;
}

/** Facts of a host's way down and back, which belong to what ails its surroundings before it is down itself. */
const WAY_DOWN: ReadonlySet<EventKind> = new Set<EventKind>([
  "HostSuspected",
  "HostProbed",
  "HostFencing",
  "HostFenceFailed",
  "HostFenced",
  "HostContactRestored",
  "HostDown",
]);

/** Facts of a zone that fails: what is told of it when it degrades follows from what hit it. */
const OF_ZONES: ReadonlySet<EventKind> = new Set<EventKind>(["ZoneDegraded", "ZoneDown"]);

/**
 * The open incident that a fact is part of: that of what it names, the most particular first; for
 * a host on its way down that of what ails it; else that of the fact of the same decision which led
 * to it.
 */
export function incidentOf(
  state: State,
  kind: EventKind,
  payload: object,
  subject: Ref | null,
  cause: FleetEvent | undefined,
): IncidentId | null {
  const named = payload as Named;
  if (named.incident !== undefined) return named.incident as IncidentId;
  // What a zone loses is an incident of its own, unless it lacks something already.
  if (kind === "ZoneUtilityLost" && !isFailing(state, named.zone)) return null;
  return (
    ofNamed(state, named) ??
    ofSurroundings(state, kind, named) ??
    ofSubject(state, subject) ??
    (cause ? ofCause(state, kind, cause) : null)
  );
}

function isFailing({ tables }: State, zoneId: number | undefined): boolean {
  const zone = tables.Zone.find(zoneId ?? 0);
  return zone !== undefined && [zone.power, zone.cooling, zone.network].includes("DOWN");
}

function ofNamed({ tables }: State, named: Named): IncidentId | null {
  const host = tables.Host.find(named.host ?? named.fromHost ?? 0);
  return (
    tables.Guest.find(named.guest ?? 0)?.incidentId ??
    host?.incidentId ??
    tables.Failover.find(named.failover ?? 0)?.incidentId ??
    tables.Zone.find(named.zone ?? 0)?.incidentId ??
    null
  );
}

function ofSurroundings(state: State, kind: EventKind, named: Named): IncidentId | null {
  const isMove = named.why === "POWER" || named.why === "COOLING";
  if (!isMove && !WAY_DOWN.has(kind)) return null;
  const host = state.tables.Host.find(named.host ?? named.fromHost ?? 0);
  return host ? incidentAround(state, host) : null;
}

/** The open incident that a host which fails now is part of, by what is known to ail it or its zone. */
export function incidentAround(state: State, host: Host): IncidentId | null {
  if (host.incidentId !== null) return host.incidentId;
  const own = disturbanceOfItsOwn(state, host);
  if (own !== null) return incidentBegunBy(state, own);
  return disturbanceOf(state, host) === null ? null : state.tables.Zone.get(host.zoneId).incidentId;
}

export function incidentBegunBy(state: State, rootSeq: number): IncidentId | null {
  for (const id of state.indexes.incidents.open)
    if (state.tables.Incident.get(id).rootSeq === rootSeq) return id;
  return null;
}

function ofSubject({ tables }: State, subject: Ref | null): IncidentId | null {
  if (subject?.type === "Host") return tables.Host.find(subject.id)?.incidentId ?? null;
  if (subject?.type === "Zone") return tables.Zone.find(subject.id)?.incidentId ?? null;
  return null;
}

/** A cause that came before the incident was opened does not carry it; what it happened to does. */
function ofCause(state: State, kind: EventKind, cause: FleetEvent): IncidentId | null {
  if (cause.incidentId !== null) return cause.incidentId;
  return OF_ZONES.has(kind) || kind === "FailoverStarted" ? ofSubject(state, cause.subject) : null;
}
