import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { HostConnection, hostArgs, hostPage } from "./host.ts";
import { namedList } from "./named.ts";
import { RackConnection, rackList } from "./rack.ts";

export const DataCenter = builder.drizzleNode("dataCenters", {
  name: "DataCenter",
  id: { column: (dataCenter) => dataCenter.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    racks: t.relatedConnection(
      "racks",
      { args: rackList.args, query: (args) => rackList.page(args), totalCount: true },
      RackConnection,
    ),
    hosts: t.relatedConnection(
      "hosts",
      { args: hostArgs, query: (args) => hostPage(args), totalCount: true },
      HostConnection,
    ),
  }),
});

export const DataCenterConnection = connectionOf(DataCenter, "DataCenter");
export const dataCenterList = namedList("DataCenter");
