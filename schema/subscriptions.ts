import { GraphQLError } from "graphql";
import type { EntityType } from "../src/model/ids.ts";
import { builder } from "./builder.ts";
import type { ApiContext } from "./context.ts";
import { Event } from "./event.ts";
import { EventFilter } from "./event-filter.ts";
import { eventStream } from "./event-stream.ts";
import { FleetSummary } from "./fleet.ts";
import { FLEET_INTERVAL, fleetStream } from "./fleet-stream.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { argumentId } from "./ids.ts";
import type { Row } from "./loaders.ts";
import { Operation } from "./operation.ts";
import { stateStream } from "./state-stream.ts";
import { through } from "./stream.ts";
import { Zone } from "./zone.ts";

/** A stream of one thing's states; refuses an id that names nothing (any more). */
async function statesOf<T extends EntityType>(
  type: T,
  id: string,
  context: ApiContext,
  owner?: (row: Row<T>) => number | null,
) {
  const key = argumentId(type, id, "id");
  if (key === null || (await context.loaders.entity(type, key)) === null)
    throw new GraphQLError(`There is no ${type.toLowerCase()} with id ${id}`, {
      extensions: { code: "NOT_FOUND" },
    });
  const read = () => context.loaders.entity(type, key);
  return stateStream(context.runtime.feed, key, read, owner);
}

/** The stream of a thing's states ends when the thing is gone. */
function whileThere<T>(states: AsyncGenerator<T | null, void, void>) {
  return through(states, async function* (all) {
    for await (const state of all) if (state !== null) yield state;
  });
}

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
    subscribe: (_root, args, context) => eventStream(args, context),
    resolve: (event) => event,
  }),
  host: t.field({
    type: Host,
    description: "The current state at once, then again after each change.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: async (_root, { id }, context) =>
      whileThere(await statesOf("Host", id, context, ({ zoneId }) => zoneId)),
    resolve: (host) => host,
  }),
  guest: t.field({
    type: Guest,
    description:
      "The current state at once, then again after each change. Ends when the guest is gone.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: async (_root, { id }, context) =>
      whileThere(await statesOf("Guest", id, context, ({ hostId }) => hostId)),
    resolve: (guest) => guest,
  }),
  zone: t.field({
    type: Zone,
    description: "The current state at once, then again after each change in it.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: async (_root, { id }, context) => whileThere(await statesOf("Zone", id, context)),
    resolve: (zone) => zone,
  }),
  operation: t.field({
    type: Operation,
    description: "The current state at once, then again after each change.",
    args: { id: t.arg.id({ required: true }) },
    subscribe: async (_root, { id }, context) =>
      whileThere(await statesOf("Operation", id, context)),
    resolve: (operation) => operation,
  }),
  fleet: t.field({
    type: FleetSummary,
    description: `Totals for a dashboard: at once, then when they have changed, at most one every \`intervalMs\` (${FLEET_INTERVAL.min} to ${FLEET_INTERVAL.max}).`,
    args: { intervalMs: t.arg.int({ defaultValue: FLEET_INTERVAL.default }) },
    subscribe: (_root, { intervalMs }, context) =>
      fleetStream(intervalMs ?? FLEET_INTERVAL.default, context),
    resolve: (totals) => totals,
  }),
}));
