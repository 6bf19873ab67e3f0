import { type ExecutionArgs, type ExecutionResult, GraphQLError } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { ApiContext } from "../../../schema/context.ts";
import type { Principal } from "../../model/principals.ts";
import type { CostReport } from "./admission.ts";
import { parseWithin } from "./document-limits.ts";
import { retold, withoutStatus } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { mayIntrospect, withoutSuggestion } from "./introspection.ts";

export interface LimitsOptions {
  readonly gate: Gate;
  /** Who asks, from what yoga knows of the request. */
  readonly principalOf: (context: object) => Principal;
}

/**
 * The limits inside of yoga: of documents for everybody, and what else an operation has to pass when it
 * comes over HTTP. Those of WebSockets have passed when they get here.
 */
export function useLimits({ gate, principalOf }: LimitsOptions): Plugin<ApiContext> {
  const { limits } = gate;
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string, options?: object) => parseWithin(source, limits, options));
    },
    onParams({ params, setParams }) {
      if (typeof params !== "object" || params === null || Array.isArray(params)) return;
      const text = gate.documents.textOf(params);
      if (text !== null) setParams({ ...params, query: text });
    },
    onExecute({ args, setResultAndStopExecution }) {
      if (cameByWebSocket(args)) return;
      const passed = admitted(gate, args);
      if (passed instanceof GraphQLError) {
        setResultAndStopExecution({ errors: [passed] });
        return;
      }
      return {
        onExecuteDone({ result, setResult }) {
          if (!(Symbol.asyncIterator in result)) setResult(withCost(result, passed));
        },
      };
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const passed = admitted(gate, args);
      if (passed instanceof GraphQLError) setResultAndStopExecution({ errors: [passed] });
    },
    onExecutionResult({ result, setResult, context, request }) {
      if (!result || !("errors" in result) || !result.errors) return;
      const helps = mayIntrospect(principalOf(context), limits);
      const errors = helps ? result.errors : result.errors.map(withoutSuggestion);
      // A stream is accepted with 200 whatever it tells: its clients read nothing of any other.
      setResult({ ...result, errors: isStream(request) ? errors.map(withoutStatus) : errors });
    },
  };
}

/** Errors are sent as JSON to whoever takes that, too. */
function isStream({ headers }: Request): boolean {
  const accepted = (headers.get("accept") ?? "").toLowerCase().split(",");
  return accepted.every((type) => type.trim().startsWith("text/"));
}

function cameByWebSocket({ contextValue }: { readonly contextValue?: unknown }): boolean {
  return "connection" in (contextValue as object);
}

function admitted(gate: Gate, args: ExecutionArgs): CostReport | GraphQLError {
  try {
    return gate.admit(args, (args.contextValue as ApiContext).principal);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // As for documents that are not valid; clients of plain JSON are answered 200.
    return retold(error, {
      extensions: { ...error.extensions, http: { spec: true, status: 400 } },
    });
  }
}

export function withCost(result: ExecutionResult, cost: CostReport) {
  return { ...result, extensions: { ...result.extensions, cost } };
}
