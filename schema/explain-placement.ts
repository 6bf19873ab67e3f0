import type { GuestId } from "../src/model/ids.ts";
import { formatCursor } from "../src/model/log.ts";
import { resourcesProblem } from "../src/model/resource-bounds.ts";
import type { PlacementAnswer, PlacementQuestion } from "../src/runtime/ports.ts";
import { badInput, badInputSentence } from "./bad-input.ts";
import { builder } from "./builder.ts";
import { Refused, refuse } from "./command.ts";
import type { ApiContext } from "./context.ts";
import { costs } from "./cost.ts";
import { Host } from "./host.ts";
import { argumentId } from "./ids.ts";
import { OWNER, oneOf, ownerId } from "./named-inputs.ts";
import { HostVerdict } from "./placement.ts";
import { Reason } from "./reason.ts";
import { ResourcesInput, toAmounts } from "./resources.ts";

const Input = builder.inputType("ExplainPlacementInput", {
  description: "A guest that there is, or what one would be like: a flavor or resources.",
  fields: (t) => ({
    guestId: t.id({
      description: "Explain as if this guest were to be placed now: its rules count.",
    }),
    tenantId: t.id(),
    tenant: t.string({ description: OWNER }),
    flavorId: t.id(),
    flavor: t.string(),
    resources: t.field({ type: ResourcesInput }),
    hostId: t.id({ description: "Its home: preferred while that host is up." }),
    host: t.string(),
  }),
});
type PlacementInput = typeof Input.$inferInput;

const PlacementExplanation = builder.objectRef<PlacementAnswer>("PlacementExplanation").implement({
  fields: (t) => ({
    host: t.field({
      type: Host,
      nullable: true,
      description: "Where it would go; null when no host can take it.",
      resolve: (answer, _args, { loaders }) => loaders.entity("Host", answer.hostId),
    }),
    verdicts: t.field({
      type: [HostVerdict],
      description: "Every host, feasible ones first, best first.",
      args: { first: t.arg.int({ description: "So many of them; all when not given." }) },
      resolve: (answer, { first }) => {
        if (first != null && first < 0) throw badInput("first", "must not be negative");
        return first == null ? [...answer.verdicts] : answer.verdicts.slice(0, first);
      },
    }),
    feasibleHosts: t.int({
      resolve: ({ verdicts }) => verdicts.filter(({ feasible }) => feasible).length,
    }),
    blockedBy: t.field({
      type: [Reason],
      description: "Why it would go nowhere; empty when it would go somewhere.",
      resolve: (answer) => [...answer.blockedBy],
    }),
    cursor: t.field({
      type: "Cursor",
      description: "The log position that this is true for.",
      resolve: ({ seq }, _args, { runtime }) => formatCursor(runtime.feed.epoch, seq),
    }),
  }),
});

/** As createGuest takes it, but that a guest has one already. */
async function sizeOf(input: PlacementInput, context: ApiContext) {
  const flavorId = oneOf("Flavor", input.flavorId, input.flavor, "flavor", context);
  if (input.resources) {
    if (flavorId !== null)
      throw refuse("INVALID_INPUT", "Give a flavor or resources, not both.", "resources");
    const resources = toAmounts(input.resources);
    const problem = resourcesProblem(resources);
    if (problem) throw refuse("INVALID_INPUT", problem.message, "resources", problem.field);
    return { flavorId, resources };
  }
  const flavor = await context.loaders.entity("Flavor", flavorId);
  if (flavorId !== null && !flavor)
    throw refuse("NOT_FOUND", "There is no such flavor.", "flavorId");
  return { flavorId, resources: flavor };
}

async function questionOf(input: PlacementInput, context: ApiContext): Promise<PlacementQuestion> {
  const { flavorId, resources } = await sizeOf(input, context);
  const homeHostId = oneOf("Host", input.hostId, input.host, "host", context);
  if (input.guestId != null) {
    const guestId = argumentId("Guest", input.guestId, "input.guestId");
    const guest = await context.loaders.entity("Guest", guestId);
    if (!guest) throw badInput("input.guestId", "is not the id of a guest");
    return {
      tenantId: guest.tenantId,
      flavorId: flavorId ?? guest.flavorId,
      resources: resources ?? guest,
      guestId: guestId as GuestId,
      homeHostId: homeHostId ?? guest.homeHostId,
    };
  }
  if (!resources) throw badInput("input", "needs a guestId, a flavor or resources");
  return {
    tenantId: ownerId(input, context),
    flavorId,
    resources,
    guestId: null,
    homeHostId,
  };
}

/** A query has no typed errors: what a mutation would answer is thrown as a GraphQL error. */
async function orBadInput<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw badInputSentence(["input", ...error.rejection.path].join("."), error.message);
  }
}

builder.queryField("explainPlacement", (t) =>
  t.field({
    type: PlacementExplanation,
    description:
      "Dry run: every host, every filter's verdict and every score for a guest like this.",
    args: { input: t.arg({ type: Input, required: true }) },
    // Every host is asked.
    extensions: costs({ own: 1_000 }),
    resolve: async (_root, { input }, context) => {
      const question = await orBadInput(() => questionOf(input, context));
      return context.runtime.queries.explainPlacement(question);
    },
  }),
);
