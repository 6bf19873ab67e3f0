import { formatCursor } from "../src/model/log.ts";
import { ROLES } from "../src/model/principals.ts";
import { builder } from "./builder.ts";
import type { Principal } from "./context.ts";

const RoleEnum = builder.enumType("Role", { values: ROLES });

const Viewer = builder.objectRef<Principal>("Viewer").implement({
  description: "Who you are here.",
  fields: (t) => ({
    name: t.exposeString("name"),
    role: t.expose("role", { type: RoleEnum }),
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
