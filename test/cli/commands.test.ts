import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Evenkeel, startEvenkeel } from "../../src/main.ts";
import { readConfiguration } from "../../src/server/configuration.ts";
import { freePort, run, start, temporaryFolder } from "./processes.ts";

const COMMANDS = [
  ...["serve", "apply", "watch", "explain", "capacity", "cost", "maintenance", "host", "ha"],
  ...["fault", "advance", "scenario"],
];

let evenkeel: Evenkeel;
let env: Record<string, string>;

beforeAll(async () => {
  const configuration = readConfiguration({
    PORT: "0",
    DATA_DIR: ":memory:",
    FLEET: "fleets/demo.yaml",
    CLOCK: "manual",
  });
  evenkeel = await startEvenkeel(configuration, { onLog: () => {} });
  env = { EVENKEEL_URL: evenkeel.server.url };
});

afterAll(() => evenkeel?.close());

describe("help", () => {
  test("lists the commands", async () => {
    const { code, out } = await run(["help"]);
    expect(code).toBe(0);
    for (const name of COMMANDS) expect(out).toContain(name);
  });

  test.each(COMMANDS)("%s has some, with examples", async (name) => {
    const { code, out } = await run([name, "--help"]);
    expect(code).toBe(0);
    expect(out).toContain(`evenkeel ${name}`);
    expect(out).toContain("Examples");
    expect((await run(["help", name])).out).toBe(out);
  });

  test("--version tells the package's", async () => {
    expect(await run(["--version"])).toMatchObject({ code: 0, out: "0.1.0\n" });
  });
});

test.each([
  [["aply"], "did you mean 'apply'?"],
  [["watch", "--colour"], "Unknown option '--colour'; see 'evenkeel help watch'"],
  [["watch", "--after"], "'--after <value>' argument missing"],
  [["watch", "now"], "takes options only"],
  [["watch", "--output", "a", "--cursor-file", "b"], "leave out --cursor-file"],
  [["explain"], "Name one guest"],
  [["explain", "web-1", "web-2"], "Name one guest"],
  [["maintenance", "fra-a1-small-1"], "say on or off"],
  [
    ["host", "repair", "fra-a1-small-1"],
    "'host reboot', 'host shutdown', 'host power-on', 'host fence' or 'host confirm-dead'",
  ],
  [["host", "confirm-dead", "fra-a1-small-1"], "say so with --is-off"],
  [["host", "reboot"], "name one host"],
  [["ha"], "Say 'ha arm' or 'ha disarm'"],
  [["advance"], "Give one duration"],
  [["advance", "soon"], "'soon' is not a duration"],
  [["advance", "-5"], "'-5' is below zero, and nothing here may be"],
  [
    ["watch", "--kind", "GUEST_FAILD_OVER"],
    "There is no event kind GUEST_FAILD_OVER; did you mean GUEST_FAILED_OVER?",
  ],
  [["watch", "--kind", "FOO"], "There is no event kind FOO; see EventKind in the API"],
  [["watch", "--category", "weather"], "There is no category weather; there are"],
  [["watch", "--severity", "warn"], "There is no severity warn; there are CRITICAL, DEBUG, ERROR"],
  [["apply"], "Give one file"],
  [["fault", "repair"], "Say 'fault inject' or 'fault clear'"],
  [["fault", "inject", "ZONE_POWER"], "Give a kind and a target"],
  [["advance", "1", "--url", "ftp://x"], "'ftp://x' is not a URL"],
])("%j is wrong usage: one sentence, code 2", async (args, message) => {
  const { code, out, err } = await run(args, env);
  expect(err).toContain(message);
  expect(err.trimEnd().split("\n")).toHaveLength(1);
  expect(out).toBe("");
  expect(code).toBe(2);
});

test("without a server, what to do is said", async () => {
  const { code, err } = await run(["advance", "1"], {
    EVENKEEL_URL: `http://127.0.0.1:${await freePort()}`,
  });
  expect(code).toBe(1);
  expect(err).toMatch(/No server answers at .*; start one with/);
});

test("a clock that moves by itself is not advanced, and what would be needed is said", async () => {
  const live = await startEvenkeel(
    readConfiguration({ PORT: "0", DATA_DIR: ":memory:", FLEET: "none" }),
    { onLog: () => {}, thread: "inline" },
  );
  const { code, err } = await run(["advance", "5", "--url", live.server.url]);
  await live.close();
  expect(err).toContain("Start the server with CLOCK=manual");
  expect(code).toBe(1);
});

test("PORT is where a server is looked for when no URL is given", async () => {
  const port = String(await freePort());
  const { err } = await run(["advance", "1"], { EVENKEEL_URL: "", PORT: port });
  expect(err).toContain(`No server answers at http://127.0.0.1:${port}/graphql`);
});

test("a server that is no Evenkeel is recognised", async () => {
  const other = createServer((_request, response) => response.end("<h1>Welcome</h1>"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  const { code, err } = await run(["advance", "1", "--url", `http://127.0.0.1:${port}`]);
  other.close();
  expect(code).toBe(1);
  expect(err).toContain("is it Evenkeel's endpoint?");
});

describe("apply", () => {
  test("tells the plan, does it, and is idempotent", async () => {
    const file = join(temporaryFolder(), "more.yaml");
    writeFileSync(
      file,
      "flavors:\n  - { name: pico, cpuCores: 1, memoryMiB: 512, storageGiB: 1 }\n",
    );
    const dry = await run(["apply", file, "--dry-run"], env);
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining("+ Flavor  pico") });
    expect(dry.out).toContain("1 to create");
    expect((await run(["apply", file], env)).out).toContain("1 created");
    expect((await run(["apply", file], env)).out).toMatch(/^Nothing to change/);
    const json = await run(["apply", file, "--json"], env);
    expect(JSON.parse(json.out)).toMatchObject({ changes: [], dryRun: false });
  });

  test("sends the rows of a trace that stands beside the document", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "day.csv"), "10,20,30\n");
    const file = join(folder, "traced.yaml");
    writeFileSync(
      file,
      `images: [{ name: traced }]
guests:
  - name: traced
    image: traced
    resources: { cpuCores: 1, memoryMiB: 512, storageGiB: 1 }
    workload: { kind: TRACE, file: day.csv, row: 0 }
`,
    );
    expect(await run(["apply", file], env)).toMatchObject({ code: 0, err: "" });
  });

  test.each([
    [
      "its own mistakes",
      "guests:\n  - name: a\n    flavr: x\n",
      ":3:5: guests[0].flavr: unknown key",
    ],
    [
      "mistakes that only the server finds",
      "guests:\n  - name: a\n    flavor: nope\n    image: none\n",
      ":3:13: ",
    ],
    [
      "a trace outside its folder",
      "guests:\n  - name: a\n    image: i\n    flavor: f\n    workload: { kind: TRACE, file: ../up.csv, row: 0 }\n",
      ":5:",
    ],
  ])("points at %s", async (_name, text, place) => {
    const file = join(temporaryFolder(), "wrong.yaml");
    writeFileSync(file, text);
    const { code, err } = await run(["apply", file], env);
    expect(err).toContain(`${file}${place}`);
    expect(err).toContain("nothing has changed");
    expect(code).toBe(1);
  });

  test("says when there is no such file", async () => {
    expect(await run(["apply", "nowhere.yaml"], env)).toMatchObject({
      code: 1,
      err: expect.stringContaining("nowhere.yaml can't be read"),
    });
  });
});

describe("faults and the clock", () => {
  test("a zone loses its power, and has it back", async () => {
    const target = "zone/eu-central-1a";
    const inject = await run(["fault", "inject", "zone-power", target, "--for", "10m"], env);
    expect(inject).toMatchObject({ code: 0, err: "" });
    expect(inject.out).toContain(`ZONE_POWER strikes ${target}, until 2026-01-01T00:10:00.000Z`);
    const advance = await run(["advance", "2m"], env);
    expect(advance.out).toBe("The fleet's clock stands at 2026-01-01T00:02:00.000Z\n");
    expect((await run(["fault", "clear", "ZONE_POWER", target], env)).code).toBe(0);
    const again = await run(["fault", "clear", "ZONE_POWER", target], env);
    expect(again.code).toBe(1);
  });

  test.each([
    ["RACK_POWER", "rack/fra-a1/r1"],
    ["HOST_NETWORK", "host/fra-c1-small-1"],
    ["REGION_LOSS", "region/eu-west"],
    ["GUEST_CRASH", "guest/shop/web-1"],
  ])("%s can be told of %s", async (kind, target) => {
    const { code, err } = await run(["fault", "inject", kind, target, "--for", "1s"], env);
    expect(err).toBe("");
    expect(code).toBe(0);
  });

  test.each([
    [["inject", "ZONE_POWR", "zone/eu-central-1a"], 2, "did you mean ZONE_POWER?"],
    [["inject", "ZONE_POWER", "zone/eu-central-1x"], 1, "did you mean eu-central-1a?"],
    [["inject", "ZONE_POWER", "somewhere"], 2, "is not of the form"],
    [["inject", "ZONE_POWER", "host/fra-a1-small-1"], 1, "ZONE_POWER"],
    [["inject", "RACK_POWER", "rack/fra-a1/r99"], 1, "There is no rack fra-a1/r99"],
    [["clear", "ZONE_POWER", "zone/eu-central-1a", "--for", "1s"], 2, "takes no --for"],
  ])("fault %j is refused", async (args, expected, message) => {
    const { code, err } = await run(["fault", ...args], env);
    expect(err).toContain(message);
    expect(code).toBe(expected);
  });
});

describe("watch", () => {
  test("prints JSON lines where nobody looks, filtered", async () => {
    const watching = start(
      ["watch", "--after", "start", "--category", "inventory", "--kind", "zone-created"],
      env,
    );
    await vi.waitFor(() => expect(watching.out().trimEnd().split("\n").length).toBeGreaterThan(2), {
      timeout: 10_000,
    });
    const { code } = await watching.kill("SIGTERM");
    expect(code).toBe(0);
    const events = watching
      .out()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(["ZONE_CREATED"]));
    expect(watching.err()).toContain("connected to");
  });

  test("finds zones, tenants and subjects by their names", async () => {
    const watching = start(
      [
        ...["watch", "--after", "start", "--quiet", "--severity", "info"],
        ...["--tenant", "shop", "--subject", "guest/shop/web-1,guest/shop/web-2"],
        ...["--zone", "eu-central-1a,eu-central-1b,eu-central-1c"],
      ],
      env,
    );
    await vi.waitFor(() => expect(watching.out()).not.toBe(""), { timeout: 10_000 });
    await watching.kill("SIGINT");
    expect(watching.err()).toBe("");
    for (const line of watching.out().trimEnd().split("\n")) expect(line).toMatch(/web-[12]/);
  });

  test("selects more fields", async () => {
    const watching = start(
      [
        "watch",
        "--after",
        "start",
        "--kind",
        "FLEET_APPLIED",
        "--select",
        "... on FleetApplied { created }",
      ],
      env,
    );
    await vi.waitFor(() => expect(watching.out()).toContain("\n"), { timeout: 10_000 });
    await watching.kill("SIGTERM");
    expect(JSON.parse(watching.out().split("\n")[0] ?? "")).toMatchObject({
      created: expect.any(Number),
    });
  });

  test.each([
    [["--after", "nonsense"], "is not a cursor"],
    [["--after", "other:1"], "of another log"],
    [["--select", "colour"], 'Cannot query field "colour"'],
    [["--zone", "nowhere"], "There is no zone nowhere"],
  ])("%j ends it with a sentence", async (args, message) => {
    const { code, err } = await run(["watch", "--quiet", ...args], env);
    expect(err).toContain(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });

  test("ends quietly when its reader goes", async () => {
    const watching = start(["watch", "--after", "start"], env);
    await vi.waitFor(() => expect(watching.out()).not.toBe(""), { timeout: 10_000 });
    watching.process.stdout?.destroy();
    await run(["advance", "1s"], env);
    await run(["advance", "1s"], env);
    const { code, err } = await watching.finished;
    expect(err.trimEnd().split("\n")).toHaveLength(1); // "connected to …"
    expect(code).toBe(0);
  });

  test("tells when its output can't be written", async () => {
    const script = `"$0" src/cli/main.ts watch --after start --quiet > /dev/full`;
    const child = execFile("sh", ["-c", script, process.execPath], {
      env: { ...process.env, ...env },
    });
    let stderr = "";
    child.stderr?.on("data", (text: string) => {
      stderr += text;
    });
    const [status] = await once(child, "close");
    expect(stderr).toMatch(/^evenkeel: Standard output can't be written: ENOSPC.*\n$/);
    expect(status).toBe(1);
  });
});

test("the server itself takes no arguments, and says where the commands are", () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, ["src/main.ts", "scenario"], {
    encoding: "utf8",
    env: { ...process.env, DATA_DIR: ":memory:", PORT: "0", FLEET: "none" },
    timeout: 20_000,
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain("npx evenkeel --help");
});
