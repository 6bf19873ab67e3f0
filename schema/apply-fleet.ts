import type { PlannedChange as Change } from "../src/model/fleet.ts";
import { LIMITS } from "../src/model/limits.ts";
import type { Rejection } from "../src/model/rejections.ts";
import { builder } from "./builder.ts";
import { commandMutation, cursorOf, type Done, idempotencyKey, Refused } from "./command.ts";
import type { ApiContext, ParsedFleetDocument } from "./context.ts";
import { Problem } from "./mutation-errors.ts";

/** The text of a document, at most. */
export const MAX_DOCUMENT_BYTES = LIMITS.documentBytes;

const ChangeAction = builder.enumType("ChangeAction", {
  values: ["CREATE", "UPDATE", "DELETE"] as const,
});

const PlannedChange = builder.objectRef<Change>("PlannedChange").implement({
  description: "One step of a plan: what applyFleet would do, or has done.",
  fields: (t) => ({
    action: t.expose("action", { type: ChangeAction }),
    type: t.exposeString("type", { description: "Of the thing, as `Host`." }),
    name: t.exposeString("name"),
    details: t.field({
      type: ["String"],
      description: "For UPDATE, the fields that change, as `memoryMiB: 512 → 1024`.",
      resolve: (change) => [...change.details],
    }),
  }),
});

/** The same document serves twice: to make the command, and to find lines for what is wrong in it. */
const parsed = new WeakMap<object, ParsedFleetDocument>();

function parse(input: { document: string }, { documents }: ApiContext): ParsedFleetDocument {
  const known = parsed.get(input) ?? documents.parse(input.document);
  parsed.set(input, known);
  return known;
}

function withLines(rejection: Rejection, document: ParsedFleetDocument): Rejection {
  if (!document.ok || !rejection.problems) return rejection;
  return {
    ...rejection,
    problems: rejection.problems.map((problem) => ({
      ...problem,
      ...document.locate(problem.path),
    })),
  };
}

commandMutation({
  name: "applyFleet",
  description:
    "Makes the fleet what the document says, or with dryRun tells what that would take. Applying the same again changes nothing.",
  input: builder.inputType("ApplyFleetInput", {
    fields: (t) => ({
      document: t.string({
        required: true,
        description: "YAML or JSON; its JSON Schema is at /fleet.schema.json.",
      }),
      dryRun: t.boolean({ required: true, defaultValue: false }),
      prune: t.boolean({
        required: true,
        defaultValue: false,
        description: "Also remove what the document does not name.",
      }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: builder.objectRef<Done<"FLEET">>("ApplyFleetPayload").implement({
    fields: (t) => ({
      changes: t.field({
        type: [PlannedChange],
        resolve: ({ outcome }) => [...outcome.changes],
      }),
      unchanged: t.int({
        description: "How many things are as the document says already.",
        resolve: ({ outcome }) => outcome.unchanged,
      }),
      warnings: t.field({
        type: [Problem],
        description:
          "What is accepted and will not work as it is written: rules that contradict each other, or that no host is large enough for.",
        // An answer that was kept for its key by an older version has none.
        resolve: ({ outcome }) => [...(outcome.warnings ?? [])],
      }),
      dryRun: t.boolean({ resolve: ({ outcome }) => outcome.dryRun }),
      cursor: t.field({
        type: "Cursor",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  }),
  outcome: "FLEET",
  toCommand: (input, context) => {
    const document = parse(input, context);
    if (document.ok)
      return {
        kind: "APPLY_FLEET",
        spec: document.spec,
        dryRun: input.dryRun,
        prune: input.prune,
      };
    const { problems } = document;
    throw new Refused({
      code: "INVALID_INPUT",
      message: summary(problems),
      path: ["document"],
      problems,
    });
  },
  explain: (rejection, input, context) => withLines(rejection, parse(input, context)),
});

function summary(problems: readonly { readonly message: string }[]): string {
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return `The fleet document is not right: ${problems[0]?.message ?? "it cannot be read"}${more}`;
}
