import { and, inArray, isNotNull, isNull, type SQL } from "drizzle-orm";
import type { Ref } from "../src/model/ids.ts";
import { failovers } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { FailureDomain } from "./enums.ts";
import { orderBy, orderInput, pageQuery } from "./list.ts";
import { loadRef, Node } from "./node.ts";
import type { PageArguments } from "./page.ts";

export const Failover = builder.drizzleNode("failovers", {
  name: "Failover",
  description: "One loss of a failure domain and the recovery of its guests.",
  id: { column: (failover) => failover.id },
  fields: (t) => ({
    domain: t.expose("scope", { type: FailureDomain, description: "What kind of thing was lost." }),
    scope: t.field({
      type: Node,
      nullable: true,
      description: "The thing that was lost; null when it has been removed since.",
      resolve: (failover, _args, context) =>
        loadRef({ type: failover.scopeType, id: failover.scopeId } as Ref, context),
    }),
    startedAt: t.field({ type: "DateTime", resolve: (failover) => failover.startedAtMs }),
    completedAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: (failover) => failover.completedAtMs,
    }),
    guestsAffected: t.exposeInt("guestsAffected"),
    guestsRecovered: t.exposeInt("guestsRecovered"),
    guestsUnrecovered: t.exposeInt("guestsUnrecovered", {
      description:
        "Those that do not run again as yet, or did not at the end; not those that were stopped or deleted meanwhile.",
    }),
  }),
});

const FailoverConnection = connectionOf(Failover, "Failover");

const FailoverFilter = builder.inputType("FailoverFilter", {
  fields: (t) => ({
    domains: t.field({ type: [FailureDomain] }),
    completed: t.boolean(),
  }),
});
const ORDER = { STARTED_AT: "startedAtMs", GUESTS_AFFECTED: "guestsAffected" } as const;
const FailoverOrder = orderInput("Failover", ORDER);

interface FailoverListArguments extends PageArguments {
  readonly filter?: typeof FailoverFilter.$inferInput | null | undefined;
}

function condition(filter: FailoverListArguments["filter"]) {
  return (table: typeof failovers): SQL | undefined => {
    const { domains, completed } = filter ?? {};
    return and(
      domains ? inArray(table.scope, domains) : undefined,
      completed == null ? undefined : (completed ? isNotNull : isNull)(table.completedAtMs),
    );
  };
}

builder.queryField("failovers", (t) =>
  t.drizzleConnection(
    {
      type: Failover,
      args: {
        filter: t.arg({ type: FailoverFilter }),
        orderBy: t.arg({ type: FailoverOrder }),
      },
      totalCount: (_root, args, { db }) => db.$count(failovers, condition(args.filter)(failovers)),
      resolve: (query, _root, args, { db }) =>
        db.query.failovers.findMany(
          query(pageQuery(args, condition(args.filter), orderBy(ORDER, args.orderBy))),
        ),
    },
    FailoverConnection,
  ),
);
