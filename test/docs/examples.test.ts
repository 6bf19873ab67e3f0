/** Every GraphQL example in the documents runs as it stands against the demo fleet. */

import { type ExecutableDefinitionNode, parse } from "graphql";
import { beforeAll, describe, expect, test } from "vitest";
import { startSettledServer, type TestServer } from "../api/harness.ts";
import { examples, withIds } from "./documents.ts";

describe("examples in the documents", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startSettledServer({ fleet: "demo" }, true);
    return () => server.close();
  });

  test("there are some", () => {
    expect(examples.length).toBeGreaterThan(5);
  });

  test.each(examples)("$file: $title", async ({ source, variables }) => {
    const [definition] = parse(source).definitions as ExecutableDefinitionNode[];
    if (definition?.kind !== "OperationDefinition") throw new Error("not an operation");
    if (definition.operation === "subscription") {
      const subscription = server.subscribe(source, variables);
      // Something must come, so something is made to happen.
      const next = subscription.next();
      await server.advance(1);
      await server.data(
        `mutation { injectFault(input: { targetId: "${await server.id("zone", "eu-west-1b")}", kind: ZONE_COOLING, durationSeconds: 5 }) { __typename } }`,
      );
      await server.advance(10);
      expect(await next).toBeTruthy();
      await subscription.close();
      return;
    }
    const data = await server.data(source, await withIds(server, variables));
    for (const value of Object.values(data)) {
      expect(value).not.toBeNull();
      // What a reader is told to do must not be refused.
      expect(value).not.toHaveProperty("code");
    }
  });
});
