import { type DocumentNode, GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import type { Principal } from "../../model/principals.ts";
import { costOf } from "./cost.ts";
import { introspectionForbidden, mayIntrospect } from "./introspection.ts";
import type { Limits } from "./limits.ts";

/** A valid operation, about to be executed. */
export interface Candidate {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

/** What answers tell in `extensions.cost`. */
export interface CostReport {
  readonly requested: number;
  readonly max: number;
}

/**
 * The last question before an operation is executed or a subscription begins, the same for all ways in.
 * Throws a GraphQLError for what is refused.
 */
export function admit(candidate: Candidate, principal: Principal, limits: Limits): CostReport {
  const { schema, document, operationName, variableValues } = candidate;
  const operation = getOperationAST(document, operationName);
  const max = limits.maxCost;
  // Which one is meant is for the executor to complain about.
  if (!operation) return { requested: 0, max };
  const { cost, introspects } = costOf(schema, document, operation, variableValues ?? {});
  if (introspects && !mayIntrospect(principal, limits)) throw introspectionForbidden();
  const report = { requested: cost, max };
  if (cost <= max) return report;
  throw new GraphQLError(
    `The operation may cost ${cost}, where ${max} is allowed. Ask for fewer things at once: smaller pages, fewer lists within lists.`,
    { nodes: operation, extensions: { code: "OPERATION_TOO_EXPENSIVE", cost: report } },
  );
}
