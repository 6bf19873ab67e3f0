import type { Ref } from "../src/model/ids.ts";
import { builder } from "./builder.ts";
import { FailureDomain } from "./enums.ts";
import { loadRef, Node } from "./node.ts";

export const Incident = builder.drizzleNode("incidents", {
  name: "Incident",
  description: "One root failure and all that follows from it.",
  id: { column: (incident) => incident.id },
  fields: (t) => ({
    domain: t.expose("domain", {
      type: FailureDomain,
      description: "The largest failure domain that is known to be hit.",
    }),
    scope: t.field({
      type: Node,
      nullable: true,
      description: "The thing that is hit; null when it has been removed since.",
      resolve: (incident, _args, context) =>
        loadRef({ type: incident.scopeType, id: incident.scopeId } as Ref, context),
    }),
    openedAt: t.field({ type: "DateTime", resolve: (incident) => incident.openedAtMs }),
    resolvedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When all that it hit was well again; null while it is open.",
      resolve: (incident) => incident.resolvedAtMs,
    }),
    hostsLost: t.exposeInt("hostsLost"),
    guestsLost: t.exposeInt("guestsLost"),
  }),
});
