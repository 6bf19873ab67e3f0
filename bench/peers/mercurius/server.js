/**
 * Mercurius on Fastify, as its guide shows it: parsed and validated documents are cached, and with `jit`
 * an operation is compiled by graphql-jit once it has been asked for. The guests are in memory, each
 * field as it is sent, so that nothing is looked up for any of them.
 *
 * `node server.js FILE [jit]`: FILE is JSON, `{ totalCount, nodes }`. Says which port it has.
 */

import { readFileSync } from "node:fs";
import Fastify from "fastify";
import mercurius from "mercurius";

const [file = "", mode = ""] = process.argv.slice(2);
const { totalCount, nodes } = JSON.parse(readFileSync(file, "utf8"));

const schema = `
  enum GuestStatus { PENDING STARTING RUNNING MIGRATING SUSPENDED STOPPING STOPPED LOST RECOVERING ERROR }
  enum DesiredState { RUNNING STOPPED SUSPENDED }
  type Resources { cpuCores: Float! memoryMiB: Int! storageGiB: Int! }
  type Flavor { id: ID! name: String! }
  type Host { id: ID! name: String! }
  type Zone { id: ID! name: String! }
  type Guest {
    id: ID! name: String! status: GuestStatus! desired: DesiredState! createdAt: String!
    flavor: Flavor! resources: Resources! host: Host zone: Zone
  }
  type GuestConnection { totalCount: Int! nodes: [Guest!]! }
  type Query { guests(first: Int): GuestConnection! }
`;

const resolvers = {
  Query: { guests: (_root, { first }) => ({ totalCount, nodes: nodes.slice(0, first) }) },
};

const app = Fastify();
app.register(mercurius, { schema, resolvers, ...(mode === "jit" && { jit: 1 }) });
await app.listen({ host: "127.0.0.1", port: 0 });
process.send?.(app.server.address().port);
