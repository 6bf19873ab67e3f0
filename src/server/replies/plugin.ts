import { type ExecutionArgs, getOperationAST } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { ApiContext } from "../../../schema/context.ts";
import { outcomeOf, reportOf } from "../metrics/operation-report.ts";
import type { Question, Replies } from "./replies.ts";
import { isStable } from "./stable-documents.ts";

/** What yoga is handed with a request whose reply may be kept. */
interface Asked {
  readonly question?: Question | null;
}

/** The rest comes in parts, in a framing of its own. */
const KEPT_TYPES = /^application\/(?:graphql-response\+)?json(?:;|$)/;

/** Keeps the replies to queries that tell nothing but the log. */
export function useReplies(replies: Replies): Plugin<ApiContext> {
  return {
    onExecute({ args }) {
      const { question } = args.contextValue as Asked;
      if (!question || !isQuery(args) || !isStable(args.schema, args.document)) return undefined;
      return {
        onExecuteDone({ result }) {
          const outcome = outcomeOf(result);
          // A bug may be gone the next time.
          if (outcome === "internal") return;
          const { name } = reportOf(args, outcome, 0);
          question.operation = { name, outcome };
        },
      };
    },
    async onResponse({ response, serverContext, setResponse, fetchAPI }) {
      const { question } = (serverContext ?? {}) as Asked;
      const { status, headers } = response;
      const contentType = headers.get("content-type") ?? "";
      if (!question?.operation || !KEPT_TYPES.test(contentType)) return;
      const text = await response.text();
      setResponse(new fetchAPI.Response(text, { status, headers }));
      const { operation } = question;
      replies.keep(question, { status, contentType, body: Buffer.from(text), operation });
    },
  };
}

function isQuery({ document, operationName }: ExecutionArgs): boolean {
  return getOperationAST(document, operationName)?.operation === "query";
}
