import type { Incident } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { IncidentId } from "../../model/ids.ts";
import type { State } from "../state.ts";
import { type Folds, forgetOldest } from "./fold.ts";

/** Who is hit is part of it from now on. */
function hit(state: State, { payload }: FleetEvent<"IncidentOpened" | "IncidentChanged">): void {
  const { incident: incidentId, definition, hits } = payload;
  const { Incident: incidents, Host, Zone } = state.tables;
  // Guests were counted as they were lost.
  const guestsLost = incidents.find(incidentId)?.guestsLost ?? definition.guestsLost;
  incidents.set({ ...definition, guestsLost });
  for (const id of hits.hosts) if (Host.find(id)) Host.patch(id, { incidentId });
  for (const id of hits.zones) if (Zone.find(id)) Zone.patch(id, { incidentId });
}

export const incidentFolds = {
  IncidentOpened: (state, event) => {
    hit(state, event);
    forgetOldest(state.tables.Incident, (row: Incident) => row.resolvedAtMs !== null);
  },
  IncidentChanged: hit,
  IncidentResolved: (state, { payload }) => {
    const { incident, definition } = payload;
    const { hosts, zones, guests } = state.indexes.incidents;
    const incidentId = null;
    for (const id of hosts.of(incident)) state.tables.Host.patch(id, { incidentId });
    for (const id of zones.of(incident)) state.tables.Zone.patch(id, { incidentId });
    for (const id of guests.of(incident)) state.tables.Guest.patch(id, { incidentId });
    state.tables.Incident.set(definition);
  },
} satisfies Folds;

/** Hosts that go down in it are part of an incident; so are guests that it moves or takes down, until they run again. */
export function followIncident(state: State, event: FleetEvent): void {
  const { incidentId } = event;
  switch (event.kind) {
    case "HostDown":
      if (incidentId !== null) hostDown(state, event.payload.host, incidentId);
      return;
    case "GuestMigrationStarted":
    case "GuestRelocating":
      if (incidentId !== null) join(state, event.payload.guest, incidentId);
      return;
    case "GuestFailedOver":
    case "GuestMigrated":
    case "GuestMigrationFailed":
    case "GuestStarted":
      join(state, event.payload.guest, null);
  }
}

function join(state: State, guestId: number, incidentId: IncidentId | null): void {
  const guest = state.tables.Guest.find(guestId);
  if (guest && guest.incidentId !== incidentId) state.tables.Guest.patch(guestId, { incidentId });
}

/** A host that goes down once more before all is well is counted once. */
function hostDown(state: State, hostId: number, incidentId: IncidentId): void {
  const host = state.tables.Host.get(hostId);
  if (host.incidentId === incidentId) return;
  state.tables.Host.patch(hostId, { incidentId });
  count(state, incidentId, "hostsLost");
}

/** A guest that is lost once more before it is back is counted once. */
export function countLost(state: State, { incidentId }: FleetEvent<"GuestLost">): void {
  if (incidentId !== null) count(state, incidentId, "guestsLost");
}

function count({ tables }: State, id: IncidentId, what: "hostsLost" | "guestsLost"): void {
  const incident = tables.Incident.find(id);
  if (incident) tables.Incident.patch(id, { [what]: incident[what] + 1 });
}
