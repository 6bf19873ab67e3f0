import { afterAll, beforeAll, expect, test } from "vitest";
import { type Evenkeel, startEvenkeel } from "../../src/main.ts";
import { readConfiguration } from "../../src/server/configuration.ts";
import { run, start } from "./processes.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
let evenkeel: Evenkeel;
let url: string;

beforeAll(async () => {
  const configuration = readConfiguration({
    PORT: "0",
    DATA_DIR: ":memory:",
    FLEET: "fleets/small.yaml",
    CLOCK: "manual",
    AUTH_ADMIN_TOKEN: TOKEN,
  });
  evenkeel = await startEvenkeel(configuration, { onLog: () => {} });
  url = evenkeel.server.url;
});

afterAll(() => evenkeel?.close());

test("commands let themselves in with a token", async () => {
  const args = ["advance", "30s", "--url", url];
  expect(await run(args, { EVENKEEL_TOKEN: TOKEN })).toMatchObject({ code: 0 });
  expect(await run([...args, "--token", TOKEN])).toMatchObject({ code: 0 });
  const refused = await run(args);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("Give a token in EVENKEEL_TOKEN");
});

test("watch listens with it", async () => {
  const watching = start(["watch", "--url", url, "--after", "start"], { EVENKEEL_TOKEN: TOKEN });
  await expect.poll(watching.out, { timeout: 20_000 }).toContain("Tenant default created");
  await watching.kill("SIGINT");
});
