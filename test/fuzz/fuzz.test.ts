import { expect, test } from "vitest";
import { startTestServer } from "../api/harness.ts";
import { fuzz, MAX_GROWTH_BYTES, usedBytes } from "./fuzzer.ts";

/** `npm run fuzz -- --inputs 20000 --seed 7` looks at more of them. */
test("whatever is sent, the answer is the sender's fault, and tells nothing of the inside", async () => {
  const server = await startTestServer();
  expect(await fuzz(server, { seed: 1, first: 0, inputs: 1_000 })).toEqual([]);
  const before = usedBytes();
  expect(await fuzz(server, { seed: 1, first: 0, inputs: 300 })).toEqual([]);
  expect(usedBytes() - before).toBeLessThan(MAX_GROWTH_BYTES);
  expect(await server.head()).toBeTruthy();
}, 120_000);
