import type { IncidentId, Ref } from "../model/ids.ts";
import type { State } from "./state.ts";

/** The open incident that a fact is part of: that of what it names, the most particular first. */
export function incidentOf(state: State, subject: Ref | null, payload: object): IncidentId | null {
  const named = payload as Partial<
    Record<"incident" | "guest" | "host" | "fromHost" | "zone", number>
  >;
  if (named.incident !== undefined) return named.incident as IncidentId;
  const { Guest, Host, Zone } = state.tables;
  const host = named.host ?? named.fromHost;
  return (
    Guest.find(named.guest ?? 0)?.incidentId ??
    Host.find(host ?? 0)?.incidentId ??
    Zone.find(named.zone ?? 0)?.incidentId ??
    (subject?.type === "Failover" ? state.tables.Failover.find(subject.id)?.incidentId : null) ??
    null
  );
}
