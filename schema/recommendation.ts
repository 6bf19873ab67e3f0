import { inArray, type SQL } from "drizzle-orm";
import { recommendations } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { commandMutation, cursorOf, type Done, idempotencyKey, inputId } from "./command.ts";
import { connectionOf } from "./connection.ts";
import { RecommendationKind } from "./enums.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { orderBy, orderInput, pageQuery } from "./list.ts";
import type { PageArguments } from "./page.ts";

export const Recommendation = builder.drizzleNode("recommendations", {
  name: "Recommendation",
  description:
    "What balancing or power management would do by itself if its mode were AUTO. It stands until it is applied, or would not be advised any more.",
  id: { column: (recommendation) => recommendation.id },
  fields: (t) => ({
    kind: t.field({ type: RecommendationKind, resolve: ({ kind }) => kind }),
    host: t.field({
      type: Host,
      nullable: true,
      description:
        "The host that guests leave, or that is to stand by or be woken; null when it is gone.",
      resolve: ({ hostId }, _args, { loaders }) => loaders.entity("Host", hostId),
    }),
    toHost: t.field({
      type: Host,
      nullable: true,
      description: "MOVE: where the guests go.",
      resolve: ({ toHostId }, _args, { loaders }) => loaders.entity("Host", toHostId),
    }),
    guests: t.field({
      type: [Guest],
      description: "MOVE: the guests, which move as one.",
      resolve: async ({ guestIds }, _args, { loaders }) => {
        const guests = await Promise.all(guestIds.map((id) => loaders.entity("Guest", id)));
        return guests.filter((guest) => guest !== null);
      },
    }),
    because: t.string({
      description: "With the numbers that led to it, and those that are expected of it.",
      resolve: ({ because }) => because,
    }),
    savedWatts: t.exposeFloat("savedWatts", {
      nullable: true,
      description: "STANDBY: what the host draws when idle, in watts.",
    }),
    madeAt: t.field({ type: "DateTime", resolve: ({ madeAtMs }) => madeAtMs }),
  }),
});

const RecommendationConnection = connectionOf(Recommendation, "Recommendation");

const RecommendationFilter = builder.inputType("RecommendationFilter", {
  fields: (t) => ({ kinds: t.field({ type: [RecommendationKind] }) }),
});

interface RecommendationListArguments extends PageArguments {
  readonly filter?: typeof RecommendationFilter.$inferInput | null | undefined;
}

function condition(filter: RecommendationListArguments["filter"]) {
  return (table: typeof recommendations): SQL | undefined =>
    filter?.kinds == null ? undefined : inArray(table.kind, filter.kinds);
}

const ORDER = { MADE_AT: "madeAtMs" } as const;
const RecommendationOrder = orderInput("Recommendation", ORDER);

builder.queryField("recommendations", (t) =>
  t.drizzleConnection(
    {
      type: Recommendation,
      description:
        "What stands, in the order in which it was made. There is none unless `balancing` or `powerManagement` is ADVISE.",
      args: {
        filter: t.arg({ type: RecommendationFilter }),
        orderBy: t.arg({ type: RecommendationOrder }),
      },
      totalCount: (_root, args, { db }) =>
        db.$count(recommendations, condition(args.filter)(recommendations)),
      resolve: (query, _root, args, { db }) =>
        db.query.recommendations.findMany(
          query(pageQuery(args, condition(args.filter), orderBy(ORDER, args.orderBy))),
        ),
    },
    RecommendationConnection,
  ),
);

commandMutation({
  name: "applyRecommendation",
  description: "Does what is recommended, if that can still be done; otherwise it says why not.",
  input: builder.inputType("ApplyRecommendationInput", {
    fields: (t) => ({
      recommendationId: t.id({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: builder.objectRef<Done<"RECOMMENDATION">>("ApplyRecommendationPayload").implement({
    fields: (t) => ({
      host: t.field({
        type: Host,
        nullable: true,
        description: "The host that guests leave, that is to stand by, or that is woken.",
        resolve: ({ outcome }, _args, { loaders }) => loaders.entity("Host", outcome.hostId),
      }),
      cursor: t.field({
        type: "Cursor",
        description: "The log position that holds all that this did: events go on after it.",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  }),
  outcome: "RECOMMENDATION",
  toCommand: ({ recommendationId }) => ({
    kind: "APPLY_RECOMMENDATION",
    recommendationId: inputId("Recommendation", recommendationId, "recommendationId"),
  }),
});
