import { builder } from "./builder.ts";
import { Event } from "./event.ts";
import { EventFilter } from "./event-filter.ts";
import { EventsTopic } from "./events-topic.ts";
import { FleetSummary } from "./fleet.ts";
import { FLEET_INTERVAL, FleetTopic } from "./fleet-topic.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { Operation } from "./operation.ts";
import { ThingTopic } from "./state-topic.ts";
import { Zone } from "./zone.ts";

builder.subscriptionFields((t) => ({
  events: t.field({
    type: Event,
    description: `Replays everything after \`after\`, then goes on live: no event missed, none twice, in order, also across a server restart. Without \`after\` it starts at the head.

A cursor that can't be resumed from ends the subscription with an error, whose \`extensions.code\` is
- CURSOR_EXPIRED when it is older than retention; \`extensions.earliest\` is the cursor to resume after
- CURSOR_IN_FUTURE when it is beyond the head
- CURSOR_UNKNOWN_EPOCH when it is of another log
- INVALID_CURSOR when it is no cursor at all`,
    args: {
      after: t.arg({ type: "Cursor" }),
      filter: t.arg({ type: EventFilter }),
    },
    subscribe: (_root, args, context, info) => new EventsTopic(args, context, info),
    resolve: (event) => event,
  }),
  host: t.field({
    type: Host,
    description: "The current state at once, then again after each change.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root, { id }, context, info) =>
      ThingTopic.of("Host", id, context, info, ({ zoneId }) => zoneId),
    resolve: (host) => host,
  }),
  guest: t.field({
    type: Guest,
    description:
      "The current state at once, then again after each change. Ends when the guest is gone.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root, { id }, context, info) =>
      ThingTopic.of("Guest", id, context, info, ({ hostId }) => hostId),
    resolve: (guest) => guest,
  }),
  zone: t.field({
    type: Zone,
    description: "The current state at once, then again after each change in it.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root, { id }, context, info) => ThingTopic.of("Zone", id, context, info),
    resolve: (zone) => zone,
  }),
  operation: t.field({
    type: Operation,
    description: "The current state at once, then again after each change.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root, { id }, context, info) => ThingTopic.of("Operation", id, context, info),
    resolve: (operation) => operation,
  }),
  fleet: t.field({
    type: FleetSummary,
    description: `Totals for a dashboard: at once, then when they have changed, at most one every \`intervalMs\` (${FLEET_INTERVAL.min} to ${FLEET_INTERVAL.max}).`,
    args: { intervalMs: t.arg.int({ defaultValue: FLEET_INTERVAL.default }) },
    subscribe: (_root, { intervalMs }, context, info) => new FleetTopic(intervalMs, context, info),
    resolve: (totals) => totals,
  }),
}));
