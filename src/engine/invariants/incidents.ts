import type { Incident } from "../../model/entities.ts";
import { isOfZones } from "../controllers/disturbance.ts";
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

  function isSound(incident: Incident): string[] {
    const { id, resolvedAtMs, openedAtMs } = incident;
    // Those of zones may wait for word of hosts, of which the tables know nothing.
    const isAwaited = isOfZones(incident) || !indexes.incidents.isOver(id);
    return broken(`incident ${id}`, [
      [indexes.incidents.open.has(id) === (resolvedAtMs === null), "is counted wrongly"],
      [resolvedAtMs !== null || isAwaited, "waits for nothing"],
      [resolvedAtMs === null || resolvedAtMs >= openedAtMs, "ended before it began"],
    ]);
  }
}
