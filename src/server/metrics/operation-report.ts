import { type ExecutionArgs, type GraphQLError, getOperationAST } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { ApiContext } from "../../../schema/context.ts";
import { isBug } from "../masking.ts";
import type { ServerFigures } from "./server-figures.ts";

/** One operation that was executed; a subscription that has begun. */
export interface OperationReport {
  readonly kind: "query" | "mutation" | "subscription" | "unknown";
  /**
   * `error` has errors that its client was told, `internal` failed for a bug. A typed error of a
   * mutation is an answer like others.
   */
  readonly outcome: "ok" | "error" | "internal";
  readonly tookMs: number;
  /** As its author calls it. */
  readonly name: string | null;
  readonly principal: string;
  /** It was answered before, and nothing has happened since. */
  readonly isRepeated: boolean;
}

type Executed = Pick<ExecutionArgs, "document" | "operationName" | "contextValue">;

/** Reports operations by whichever way they come. */
export function useOperationReports(
  figures: ServerFigures,
  report: (report: OperationReport) => void,
): Plugin<ApiContext> {
  return {
    onParse: () => (parsed) => {
      if (parsed.result instanceof Error) figures.invalid();
    },
    onValidate: () => (validated) => {
      if (!validated.valid) figures.invalid();
    },
    onExecute: ({ args }) => {
      const begunMs = performance.now();
      return { onExecuteDone: ({ result }) => report(reportOf(args, outcomeOf(result), begunMs)) };
    },
    onSubscribe: ({ args }) => {
      const begunMs = performance.now();
      return {
        onSubscribeResult: ({ result }) => report(reportOf(args, outcomeOf(result), begunMs)),
      };
    },
  };
}

export function reportOf(
  { document, operationName, contextValue }: Executed,
  outcome: OperationReport["outcome"],
  begunMs: number,
): OperationReport {
  const operation = getOperationAST(document, operationName);
  return {
    kind: operation?.operation ?? "unknown",
    outcome,
    tookMs: performance.now() - begunMs,
    name: operation?.name?.value.slice(0, 80) ?? null,
    principal: (contextValue as Pick<ApiContext, "principal">).principal.name,
    isRepeated: false,
  };
}

export function outcomeOf(result: unknown): OperationReport["outcome"] {
  const { errors } = result as { readonly errors?: readonly GraphQLError[] };
  if (!errors || errors.length === 0) return "ok";
  return errors.some(isBug) ? "internal" : "error";
}
