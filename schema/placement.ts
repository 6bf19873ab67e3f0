import type { Placement as PlacementValue, HostVerdict as Verdict } from "../src/model/reasons.ts";
import type { Runtime } from "../src/runtime/ports.ts";
import { builder } from "./builder.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { Reason } from "./reason.ts";

const Score = builder.objectRef<{ scorer: string; value: number }>("Score").implement({
  fields: (t) => ({ scorer: t.exposeString("scorer"), value: t.exposeFloat("value") }),
});

/** Scores tell how full hosts are, and so of what others have there. */
function seesLoad({ sight }: Runtime): boolean {
  return sight.tenantId === null;
}
const FOR_TENANTS = ", and for whoever sees one tenant only";

export const HostVerdict = builder.objectRef<Verdict>("HostVerdict").implement({
  description: "One host as one guest's placement saw it.",
  fields: (t) => ({
    host: t.field({
      type: Host,
      nullable: true,
      description: "Null when the host has been removed since.",
      resolve: (verdict, _args, { loaders }) => loaders.entity("Host", verdict.hostId),
    }),
    feasible: t.exposeBoolean("feasible"),
    score: t.float({
      nullable: true,
      description: `Highest wins; null when a filter ruled the host out${FOR_TENANTS}.`,
      resolve: ({ score }, _args, { runtime }) => (seesLoad(runtime) ? score : null),
    }),
    scores: t.field({
      type: [Score],
      description: "What each scorer gave.",
      resolve: ({ scores }, _args, { runtime }) =>
        Object.entries(seesLoad(runtime) ? scores : {}).map(([scorer, value]) => ({
          scorer,
          value,
        })),
    }),
    rejectedBy: t.expose("rejectedBy", {
      type: [Reason],
      description: "What each filter had against it; empty when it is feasible.",
    }),
  }),
});

export const Placement = builder.objectRef<PlacementValue>("Placement").implement({
  description: "Where a guest was put and why.",
  fields: (t) => ({
    host: t.field({
      type: Host,
      nullable: true,
      description: "Null when the host has been removed since.",
      resolve: (placement, _args, { loaders }) => loaders.entity("Host", placement.hostId),
    }),
    decidedAt: t.field({ type: "DateTime", resolve: (placement) => placement.decidedAtMs }),
    score: t.float({
      nullable: true,
      description: `Highest wins; null${FOR_TENANTS.replace(", and", "")}.`,
      resolve: ({ score }, _args, { runtime }) => (seesLoad(runtime) ? score : null),
    }),
    verdicts: t.expose("verdicts", {
      type: [HostVerdict],
      description: "The hosts that were examined, best first.",
    }),
    hostsExamined: t.exposeInt("hostsExamined"),
    hostsNotExamined: t.exposeInt("hostsNotExamined", {
      description: "Passed over without a look, because they lack the room.",
    }),
  }),
});

builder.drizzleObjectField(Guest, "placement", (t) =>
  t.expose("placement", {
    type: Placement,
    nullable: true,
    description: "Where it runs and why it was put there.",
  }),
);
