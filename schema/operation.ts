import { and, inArray, type SQL } from "drizzle-orm";
import { operations } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { OperationKind, OperationStatus } from "./enums.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { filterIds } from "./ids.ts";
import { inList } from "./in-list.ts";
import { orderBy, orderInput, pageQuery } from "./list.ts";
import type { PageArguments } from "./page.ts";

export const Operation = builder.drizzleNode("operations", {
  name: "Operation",
  description: "Something asked of a guest or host that goes on after the mutation has answered.",
  id: { column: (operation) => operation.id },
  fields: (t) => ({
    kind: t.expose("kind", { type: OperationKind }),
    status: t.expose("status", { type: OperationStatus }),
    guest: t.field({
      type: Guest,
      nullable: true,
      description: "Null when it has been deleted, or when the operation is about a host.",
      resolve: (operation, _args, { loaders }) => loaders.entity("Guest", operation.guestId),
    }),
    host: t.field({
      type: Host,
      nullable: true,
      description: "Null when it has been removed, or when the operation is about a guest.",
      resolve: (operation, _args, { loaders }) => loaders.entity("Host", operation.hostId),
    }),
    startedAt: t.field({ type: "DateTime", resolve: (operation) => operation.startedAtMs }),
    finishedAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: (operation) => operation.finishedAtMs,
    }),
    error: t.exposeString("error", {
      nullable: true,
      description: "Why it failed, or what it gave way to.",
    }),
  }),
});

const OperationConnection = connectionOf(Operation, "Operation");

const OperationFilter = builder.inputType("OperationFilter", {
  fields: (t) => ({
    kinds: t.field({ type: [OperationKind] }),
    statuses: t.field({ type: [OperationStatus] }),
    guestIds: t.idList(),
    hostIds: t.idList(),
  }),
});
const ORDER = { STARTED_AT: "startedAtMs", STATUS: "status" } as const;
const OperationOrder = orderInput("Operation", ORDER);

interface OperationListArguments extends PageArguments {
  readonly filter?: typeof OperationFilter.$inferInput | null | undefined;
  readonly orderBy?: typeof OperationOrder.$inferInput | null | undefined;
}

function condition(filter: OperationListArguments["filter"]) {
  return (table: typeof operations): SQL | undefined => {
    const { kinds, statuses, guestIds, hostIds } = filter ?? {};
    return and(
      kinds ? inArray(table.kind, kinds) : undefined,
      statuses ? inArray(table.status, statuses) : undefined,
      guestIds ? inList(table.guestId, filterIds("Guest", guestIds, "filter.guestIds")) : undefined,
      hostIds ? inList(table.hostId, filterIds("Host", hostIds, "filter.hostIds")) : undefined,
    );
  };
}

builder.queryField("operations", (t) =>
  t.drizzleConnection(
    {
      type: Operation,
      args: {
        filter: t.arg({ type: OperationFilter }),
        orderBy: t.arg({ type: OperationOrder }),
      },
      totalCount: (_root, args, { db }) =>
        db.$count(operations, condition(args.filter)(operations)),
      resolve: (query, _root, args, { db }) =>
        db.query.operations.findMany(
          query(pageQuery(args, condition(args.filter), orderBy(ORDER, args.orderBy))),
        ),
    },
    OperationConnection,
  ),
);
