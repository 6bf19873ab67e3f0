import type { FleetEvent } from "../src/model/events.ts";
import type { EventCategory } from "../src/model/statuses.ts";
import { builder } from "./builder.ts";
import type { ApiContext } from "./context.ts";
import { Event, EventConnection, eventPageArgs } from "./event.ts";
import { incidentPage } from "./event-page.ts";
import { Failover } from "./failover.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { Incident } from "./incident.ts";
import { Zone } from "./zone.ts";

/** Between incidents, their events and what they hit. */

const PART_OF = "The open incident that it is part of; null when there is none.";

builder.drizzleObjectField(Zone, "incident", (t) =>
  t.field({
    type: Incident,
    nullable: true,
    description: PART_OF,
    resolve: (zone, _args, { loaders }) => loaders.entity("Incident", zone.incidentId),
  }),
);

builder.drizzleObjectField(Host, "incident", (t) =>
  t.field({
    type: Incident,
    nullable: true,
    description: PART_OF,
    resolve: (host, _args, { loaders }) => loaders.entity("Incident", host.incidentId),
  }),
);

builder.drizzleObjectField(Guest, "incident", (t) =>
  t.field({
    type: Incident,
    nullable: true,
    description: "The open incident that took it down or moves it; null when there is none.",
    resolve: (guest, _args, { loaders }) => loaders.entity("Incident", guest.incidentId),
  }),
);

builder.drizzleObjectField(Failover, "incident", (t) =>
  t.field({
    type: Incident,
    nullable: true,
    description: "The incident that it was part of, also when that is over.",
    resolve: (failover, _args, { loaders }) => loaders.entity("Incident", failover.incidentId),
  }),
);

builder.interfaceField(Event, "incident", (t) =>
  t.field({
    type: Incident,
    nullable: true,
    description:
      "The incident that it is part of, also when that is over; null when it is of none, or that is no longer kept.",
    resolve: (event, _args, { loaders }) => loaders.entity("Incident", event.incidentId),
  }),
);

const OF_FAILURES: ReadonlySet<EventCategory> = new Set<EventCategory>([
  "HIGH_AVAILABILITY",
  "SIMULATION",
]);

/** As far back as there are failures: what somebody did to the fleet before is no part of it. */
async function rootOf(seq: number, { loaders }: ApiContext): Promise<FleetEvent | null> {
  let root = (await loaders.event.load(seq)) ?? null;
  while (root && root.causeSeq !== null) {
    const cause = await loaders.event.load(root.causeSeq);
    if (!cause || !OF_FAILURES.has(cause.category)) break;
    root = cause;
  }
  return root;
}

builder.drizzleObjectFields(Incident, (t) => ({
  root: t.field({
    type: Event,
    nullable: true,
    description: "The event that it all began with; null when that is no longer kept.",
    resolve: (incident, _args, context) => rootOf(incident.rootSeq, context),
  }),
  events: t.field({
    type: EventConnection,
    description: "All that is part of it, and what led to it, oldest first.",
    args: eventPageArgs,
    resolve: (incident, args, context) => incidentPage(incident.id, args, context),
  }),
}));
