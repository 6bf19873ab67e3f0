import { flavors } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { GuestConnection, guestArgs, guestPage } from "./guest.ts";
import { namedList } from "./named.ts";
import { Resources } from "./resources.ts";

export const Flavor = builder.drizzleNode("flavors", {
  name: "Flavor",
  description: "A size of guest.",
  id: { column: (flavor) => flavor.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    resources: t.field({ type: Resources, resolve: (flavor) => flavor }),
    guests: t.relatedConnection(
      "guests",
      { args: guestArgs, query: (args) => guestPage(args), totalCount: true },
      GuestConnection,
    ),
  }),
});

const FlavorConnection = connectionOf(Flavor, "Flavor");
const flavorList = namedList("Flavor");

builder.queryField("flavors", (t) =>
  t.drizzleConnection(
    {
      type: Flavor,
      args: flavorList.args,
      totalCount: (_root, args, { db }) =>
        db.$count(flavors, flavorList.condition(args.filter)(flavors)),
      resolve: (query, _root, args, { db }) =>
        db.query.flavors.findMany(query(flavorList.page(args))),
    },
    FlavorConnection,
  ),
);
