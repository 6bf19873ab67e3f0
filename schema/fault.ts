import { and, inArray, type SQL } from "drizzle-orm";
import type { Ref } from "../src/model/ids.ts";
import type { faults } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { FaultKind } from "./enums.ts";
import { orderInput } from "./list.ts";
import { loadRef, Node } from "./node.ts";
import type { PageArguments } from "./page.ts";

export const Fault = builder.drizzleNode("faults", {
  name: "Fault",
  description: "A disturbance of the simulated world that is in force.",
  id: { column: (fault) => fault.id },
  fields: (t) => ({
    kind: t.expose("kind", { type: FaultKind }),
    target: t.field({
      type: Node,
      nullable: true,
      description: "Null when it has been removed since.",
      resolve: (fault, _args, context) =>
        loadRef({ type: fault.targetType, id: fault.targetId } as Ref, context),
    }),
    injectedAt: t.field({ type: "DateTime", resolve: (fault) => fault.injectedAtMs }),
    until: t.field({
      type: "DateTime",
      nullable: true,
      description: "Clears itself then; null stays until cleared.",
      resolve: (fault) => fault.untilMs,
    }),
  }),
});

export const FaultConnection = connectionOf(Fault, "Fault");

export const FaultFilter = builder.inputType("FaultFilter", {
  fields: (t) => ({ kinds: t.field({ type: [FaultKind] }) }),
});
export const FAULT_ORDER = { INJECTED_AT: "injectedAtMs", KIND: "kind" } as const;
export const FaultOrder = orderInput("Fault", FAULT_ORDER);

export interface FaultListArguments extends PageArguments {
  readonly filter?: typeof FaultFilter.$inferInput | null | undefined;
}

export function faultCondition(filter: FaultListArguments["filter"]) {
  return (table: typeof faults): SQL | undefined =>
    and(filter?.kinds ? inArray(table.kind, filter.kinds) : undefined);
}
