import { type ExecutionArgs, type GraphQLError, getOperationAST } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { ApiContext } from "../../../schema/context.ts";
import { isBug } from "../masking.ts";
import type { OperationKind, OperationOutcome, ServerFigures } from "./server-figures.ts";

type Executed = Pick<ExecutionArgs, "document" | "operationName" | "contextValue">;

/** Counts and times operations, by whichever way they come. */
export function useOperationFigures(figures: ServerFigures): Plugin<ApiContext> {
  const took = (args: Executed, begunMs: number, result: unknown) =>
    figures.executed(kindOf(args), outcomeOf(result), performance.now() - begunMs);
  return {
    onParse: () => (parsed) => {
      if (parsed.result instanceof Error) figures.invalid();
    },
    onValidate: () => (validated) => {
      if (!validated.valid) figures.invalid();
    },
    onExecute: ({ args }) => {
      const begunMs = performance.now();
      return { onExecuteDone: ({ result }) => took(args, begunMs, result) };
    },
    onSubscribe: ({ args }) => {
      const begunMs = performance.now();
      return {
        onSubscribeResult: ({ result }) => {
          took(args, begunMs, result);
          if (!isStream(result)) return undefined;
          const { transport } = args.contextValue as ApiContext;
          return { onEnd: once(figures.subscribed(transport)) };
        },
      };
    },
  };
}

export function kindOf({ document, operationName }: Executed): OperationKind {
  return getOperationAST(document, operationName)?.operation ?? "unknown";
}

export function outcomeOf(result: unknown): OperationOutcome {
  const { errors } = result as { readonly errors?: readonly GraphQLError[] };
  if (!errors || errors.length === 0) return "ok";
  return errors.some(isBug) ? "internal" : "error";
}

function isStream(result: unknown): boolean {
  return typeof result === "object" && result !== null && Symbol.asyncIterator in result;
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) run();
    isDone = true;
  };
}
