import type { Incident } from "../../model/entities.ts";
import type { IncidentId, ZoneId } from "../../model/ids.ts";
import type { State } from "../state.ts";
import { broken } from "./claim.ts";

/** An open incident waits for something, and who is part of one is part of an open one. */
export function incidentsAreTrue(state: State): string[] {
  const { tables, indexes } = state;
  const isOpen = (id: number | null) =>
    id === null || tables.Incident.find(id)?.resolvedAtMs === null;
  const members = [tables.Host, tables.Zone, tables.Guest].flatMap((table) => [...table.values()]);
  return [
    ...members.flatMap((row) =>
      broken(row.name, [
        [isOpen(row.incidentId), `is part of incident ${row.incidentId}, which is over`],
      ]),
    ),
    ...tables.Incident.sorted().flatMap((incident) => isSound(incident)),
  ];

  function isSound({ id, resolvedAtMs, openedAtMs }: Incident): string[] {
    return broken(`incident ${id}`, [
      [indexes.incidents.open.has(id) === (resolvedAtMs === null), "is counted wrongly"],
      [resolvedAtMs !== null || isAwaited(id, openedAtMs), "waits for nothing"],
      [resolvedAtMs === null || resolvedAtMs >= openedAtMs, "ended before it began"],
    ]);
  }

  /** Where a zone has back what it lacked, it may wait for word of hosts: leases are not in the tables. */
  function isAwaited(id: IncidentId, openedAtMs: number): boolean {
    const { incidents } = indexes;
    const restoredMs = (zoneId: ZoneId) => tables.Zone.get(zoneId).utilityRestoredAtMs ?? 0;
    return (
      !incidents.isOver(id) || incidents.zones.of(id).some((each) => restoredMs(each) >= openedAtMs)
    );
  }
}
