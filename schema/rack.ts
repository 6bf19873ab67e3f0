import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { HostConnection, hostArgs, hostPage } from "./host.ts";
import { namedList } from "./named.ts";

export const Rack = builder.drizzleNode("racks", {
  name: "Rack",
  id: { column: (rack) => rack.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    hosts: t.relatedConnection(
      "hosts",
      { args: hostArgs, query: (args) => hostPage(args), totalCount: true },
      HostConnection,
    ),
  }),
});

export const RackConnection = connectionOf(Rack, "Rack");
export const rackList = namedList("Rack");
