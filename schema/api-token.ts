import { apiTokens } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { Role } from "./enums.ts";
import { namedList } from "./named.ts";
import { Tenant } from "./tenant.ts";

export const ApiToken = builder.drizzleNode("apiTokens", {
  name: "ApiToken",
  description:
    "Lets a program in. Its secret was shown when it was created; here is what is known of it since.",
  id: { column: (token) => token.id },
  fields: (t) => ({
    name: t.exposeString("name", { description: "Whom events name for what is done with it." }),
    role: t.expose("role", { type: Role }),
    tenant: t.field({
      type: Tenant,
      nullable: true,
      description: "Null: it is for the whole fleet.",
      resolve: (token, _args, { loaders }) => loaders.entity("Tenant", token.tenantId),
    }),
    createdAt: t.field({ type: "DateTime", resolve: (token) => token.createdAtMs }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Not on the fleet's clock but on the world's. Null: never.",
      resolve: (token) => token.expiresAtMs,
    }),
  }),
});

const ApiTokenConnection = connectionOf(ApiToken, "ApiToken");
const tokenList = namedList("ApiToken");

builder.queryField("apiTokens", (t) =>
  t.drizzleConnection(
    {
      type: ApiToken,
      description: "Those that are not revoked, also when they have expired.",
      args: tokenList.args,
      totalCount: (_root, args, { db }) =>
        db.$count(apiTokens, tokenList.condition(args.filter)(apiTokens)),
      resolve: (query, _root, args, { db }) =>
        db.query.apiTokens.findMany(query(tokenList.page(args))),
    },
    ApiTokenConnection,
  ),
);
