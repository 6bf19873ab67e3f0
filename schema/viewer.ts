import { formatCursor } from "../src/model/log.ts";
import type { Principal } from "../src/model/principals.ts";
import { builder } from "./builder.ts";
import { Role } from "./enums.ts";
import { Tenant } from "./tenant.ts";
import { VOLATILE } from "./volatile.ts";

const Viewer = builder.objectRef<Principal>("Viewer").implement({
  description: "Who you are here.",
  fields: (t) => ({
    name: t.exposeString("name", { extensions: VOLATILE }),
    role: t.expose("role", { type: Role }),
    tenant: t.field({
      type: Tenant,
      nullable: true,
      description: "Whose things you see and nobody else's; null: you see the whole fleet.",
      resolve: ({ tenantId }, _args, { loaders }) => loaders.entity("Tenant", tenantId),
    }),
  }),
});

builder.queryFields((t) => ({
  viewer: t.field({ type: Viewer, resolve: (_root, _args, { principal }) => principal }),
  head: t.field({
    type: "Cursor",
    description:
      "Position of the last committed event. Query first, then subscribe after it: nothing is missed between the two.",
    resolve: (_root, _args, { head, runtime }) => formatCursor(runtime.feed.epoch, head),
  }),
}));
