import { isNotNull, isNull, type SQL } from "drizzle-orm";
import type { Ref } from "../src/model/ids.ts";
import { incidents } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { FailureDomain } from "./enums.ts";
import { orderBy, orderInput, pageQuery } from "./list.ts";
import { loadRef, Node } from "./node.ts";
import type { PageArguments } from "./page.ts";

export const Incident = builder.drizzleNode("incidents", {
  name: "Incident",
  description: "One root failure and all that follows from it.",
  id: { column: (incident) => incident.id },
  fields: (t) => ({
    domain: t.expose("domain", {
      type: FailureDomain,
      description: "The largest failure domain that is known to be hit.",
    }),
    scope: t.field({
      type: Node,
      nullable: true,
      description: "The thing that is hit; null when it has been removed since.",
      resolve: (incident, _args, context) =>
        loadRef({ type: incident.scopeType, id: incident.scopeId } as Ref, context),
    }),
    open: t.boolean({ resolve: (incident) => incident.resolvedAtMs === null }),
    openedAt: t.field({ type: "DateTime", resolve: (incident) => incident.openedAtMs }),
    resolvedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When all that it hit was well again; null while it is open.",
      resolve: (incident) => incident.resolvedAtMs,
    }),
    hostsLost: t.exposeInt("hostsLost"),
    guestsLost: t.exposeInt("guestsLost"),
  }),
});

const IncidentConnection = connectionOf(Incident, "Incident");

const IncidentFilter = builder.inputType("IncidentFilter", {
  fields: (t) => ({
    open: t.boolean({ description: "Those that go on, or those that are over." }),
  }),
});
const ORDER = { OPENED_AT: "openedAtMs", GUESTS_LOST: "guestsLost" } as const;
const IncidentOrder = orderInput("Incident", ORDER);

interface IncidentListArguments extends PageArguments {
  readonly filter?: typeof IncidentFilter.$inferInput | null | undefined;
}

function condition(filter: IncidentListArguments["filter"]) {
  return (table: typeof incidents): SQL | undefined =>
    filter?.open == null ? undefined : (filter.open ? isNull : isNotNull)(table.resolvedAtMs);
}

builder.queryField("incidents", (t) =>
  t.drizzleConnection(
    {
      type: Incident,
      description: "In the order in which they began; of those that are over, the newest are kept.",
      args: {
        filter: t.arg({ type: IncidentFilter }),
        orderBy: t.arg({ type: IncidentOrder }),
      },
      totalCount: (_root, args, { db }) => db.$count(incidents, condition(args.filter)(incidents)),
      resolve: (query, _root, args, { db }) =>
        db.query.incidents.findMany(
          query(pageQuery(args, condition(args.filter), orderBy(ORDER, args.orderBy))),
        ),
    },
    IncidentConnection,
  ),
);
