import { GraphQLError } from "graphql";
import { formatCursor } from "../src/model/log.ts";
import type {
  CapacityReport as Answer,
  LeftBehind as Behind,
  DomainLoss as Loss,
} from "../src/runtime/ports.ts";
import { badInput } from "./bad-input.ts";
import { builder } from "./builder.ts";
import { costs } from "./cost.ts";
import { FailureDomain } from "./enums.ts";
import { Guest } from "./guest.ts";
import { loadRef, Node } from "./node.ts";
import { Reason } from "./reason.ts";
import { VOLATILE } from "./volatile.ts";

/** So many of a list that is all there at once; all of them when nothing is said. */
function firstOf<T>(list: readonly T[], first: number | null | undefined): T[] {
  if (first != null && first < 0) throw badInput("first", "must not be negative");
  return first == null ? [...list] : list.slice(0, first);
}

const LeftBehind = builder.objectRef<Behind>("GuestLeftBehind").implement({
  description: "A guest that a loss would leave without a place.",
  fields: (t) => ({
    guest: t.field({
      type: Guest,
      nullable: true,
      description: "Null when it has been deleted since.",
      resolve: ({ guestId }, _args, { loaders }) => loaders.entity("Guest", guestId),
    }),
    reasons: t.field({
      type: [Reason],
      description: "Why it would not run again: what its `blockedBy` would say.",
      resolve: ({ reasons }) => [...reasons],
    }),
  }),
});

const DomainLoss = builder.objectRef<Loss>("DomainLoss").implement({
  description: "What the loss of one thing would do.",
  fields: (t) => ({
    domain: t.expose("domain", { type: FailureDomain }),
    scope: t.field({
      type: Node,
      nullable: true,
      description: "The thing that would be lost; null when it has been removed since.",
      resolve: ({ scope }, _args, context) => loadRef(scope, context),
    }),
    hosts: t.exposeInt("hosts", { description: "Hosts that would go down." }),
    guestsAffected: t.int({
      description: "Guests that should run and would go down, those on their way up included.",
      resolve: ({ affected }) => affected.length,
    }),
    guestsLeftBehind: t.int({
      description:
        "Of those, and of guests that would have to make room for them, how many would not run again.",
      resolve: ({ leftBehind }) => leftBehind.length,
    }),
    leftBehind: t.field({
      type: [LeftBehind],
      args: { first: t.arg.int({ description: "So many of them; all when not given." }) },
      resolve: ({ leftBehind }, { first }) => firstOf(leftBehind, first),
    }),
  }),
});

const CapacityReport = builder.objectRef<Answer>("CapacityReport").implement({
  description:
    "What would not restart if any one thing of a kind were lost now, found by simulating each loss.",
  fields: (t) => ({
    losing: t.expose("losing", { type: FailureDomain }),
    tolerated: t.boolean({
      description: "Whichever of them is lost, every guest would run again.",
      resolve: ({ losses }) => losses.every(({ leftBehind }) => leftBehind.length === 0),
    }),
    domainsExamined: t.int({
      description: "Things of this kind that have guests.",
      resolve: ({ losses }) => losses.length,
    }),
    domainsAtRisk: t.int({
      description: "Those whose loss would leave guests behind.",
      resolve: ({ losses }) => losses.filter(({ leftBehind }) => leftBehind.length > 0).length,
    }),
    guestsAtRisk: t.int({
      description: "Guests that one loss or another would leave behind, each counted once.",
      resolve: ({ losses }) =>
        new Set(losses.flatMap(({ leftBehind }) => leftBehind.map(({ guestId }) => guestId))).size,
    }),
    losses: t.field({
      type: [DomainLoss],
      description: "One for each thing that has guests, the worst first.",
      args: { first: t.arg.int({ description: "So many of them; all when not given." }) },
      resolve: ({ losses }, { first }) => firstOf(losses, first),
    }),
    cursor: t.field({
      type: "Cursor",
      description: "The log position that this is true for.",
      resolve: ({ seq }, _args, { runtime }) => formatCursor(runtime.feed.epoch, seq),
    }),
  }),
});

builder.queryField("capacityReport", (t) =>
  t.field({
    type: CapacityReport,
    description:
      "What would not restart if any one host, rack, data center, zone or region were lost now, found by simulating each loss with the engine's own recovery: priorities, rules, dependencies and all. Everything else is taken to go well.",
    args: { losing: t.arg({ type: FailureDomain, required: true }) },
    // Every loss is played through.
    extensions: { ...costs({ own: 10_000 }), ...VOLATILE },
    resolve: async (_root, { losing }, { runtime, signal }) => {
      try {
        return await runtime.queries.capacityReport(losing, signal);
      } catch (error) {
        if (signal?.aborted) throw new GraphQLError("Whoever asked has gone away.");
        throw error;
      }
    },
  }),
);
