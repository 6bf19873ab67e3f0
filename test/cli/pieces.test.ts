import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withTraces } from "../../src/cli/apply-traces.ts";
import { CliError, UsageError } from "../../src/cli/command.ts";
import { CursorFile } from "../../src/cli/cursor-file.ts";
import { parseSeconds } from "../../src/cli/durations.ts";
import { type Change, formatPlan } from "../../src/cli/plan.ts";
import { parseFleetDocument } from "../../src/fleet/parse.ts";
import { readTraceWithin } from "../../src/fleet/traces.ts";
import { temporaryFolder } from "./processes.ts";

describe("durations", () => {
  test.each([
    ["90", 90],
    ["1.5", 1.5],
    ["90s", 90],
    ["10m", 600],
    ["2h", 7200],
    ["1h30m", 5400],
    ["1d", 86_400],
    ["250ms", 0.25],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  test.each(["", "m", "10x", "-5s", "10 m", "1h-", "1e3", "Infinity"])("'%s' is none", (text) => {
    expect(() => parseSeconds(text)).toThrow(UsageError);
  });
});

describe("a plan", () => {
  const change = (action: Change["action"], name: string, ...details: string[]): Change => ({
    action,
    type: "Guest",
    name,
    details,
  });

  test("is a table with a sum", () => {
    const changes = [
      change("CREATE", "web-10"),
      change("UPDATE", "db", "memoryMiB: 512 → 1024"),
      change("DELETE", "old"),
    ];
    expect(formatPlan({ dryRun: true, unchanged: 3, warnings: [], changes })).toBe(
      [
        "+ Guest  web-10",
        "~ Guest  db      memoryMiB: 512 → 1024",
        "- Guest  old",
        "1 to create, 1 to update, 1 to delete, 3 unchanged (dry run: nothing has changed)",
        "",
      ].join("\n"),
    );
  });

  test("shows some of many", () => {
    const changes = Array.from({ length: 5_000 }, (_, i) => change("CREATE", `g${i}`));
    const lines = formatPlan({ dryRun: false, unchanged: 0, warnings: [], changes }).split("\n");
    expect(lines).toHaveLength(28);
    expect(lines[25]).toBe("  … and 4975 more of type Guest");
    expect(lines[26]).toBe("5000 created, 0 updated, 0 deleted, 0 unchanged");
  });

  test("warns of what will not work", () => {
    const warnings = [
      { message: "Rule r is not obeyed: it can't be", path: ["affinityRules", "0"] },
    ];
    expect(
      formatPlan({ dryRun: false, unchanged: 1, warnings, changes: [change("CREATE", "a")] }),
    ).toBe(
      [
        "+ Guest  a",
        "! Rule r is not obeyed: it can't be",
        "1 created, 0 updated, 0 deleted, 1 unchanged",
        "",
      ].join("\n"),
    );
  });

  test("of nothing says so", () => {
    expect(formatPlan({ dryRun: false, unchanged: 7, warnings: [], changes: [] })).toBe(
      "Nothing to change; 7 as the document says already\n",
    );
  });
});

describe("traces", () => {
  const guest = (name: string, row: number) =>
    `  - { name: ${name}, image: i, flavor: f, workload: { kind: TRACE, file: t/a.csv, row: ${row} } }\n`;

  test("go along with the document, each row once", () => {
    const root = temporaryFolder();
    mkdirSync(join(root, "t"));
    writeFileSync(join(root, "t", "a.csv"), "0,50\n25,75\n100,1\n");
    const text = `guests:\n${guest("a", 2)}${guest("b", 0)}${guest("c", 2)}`;
    const sent = withTraces(text, readTraceWithin(root));
    expect(JSON.parse(sent).traces).toEqual([
      { file: "t/a.csv", row: 2, shares: [1, 0.01] },
      { file: "t/a.csv", row: 0, shares: [0, 0.5] },
    ]);
    const here = parseFleetDocument(text, { readTrace: readTraceWithin(root) });
    const there = parseFleetDocument(sent);
    expect(there).toMatchObject({ ok: true, spec: here.ok && here.spec });
    // What was sent needs no file any more.
    expect(withTraces(sent, readTraceWithin("/nowhere"))).toBe(sent);
  });

  test("leave a document alone that names none", () => {
    const text = "# mine\nguests:\n  - { name: a, image: i, flavor: f }\n";
    expect(withTraces(text, readTraceWithin("/nowhere"))).toBe(text);
  });
});

describe("a cursor file", () => {
  test("keeps the latest position", () => {
    const path = join(temporaryFolder(), "cursor");
    const fail = (error: CliError) => {
      throw error;
    };
    const file = new CursorFile(path, fail);
    expect(file.cursor).toBeNull();
    file.moveTo("e:1");
    file.moveTo("e:2");
    file.save();
    expect(new CursorFile(path, fail).cursor).toBe("e:2");
  });

  test("says when it can't be written", () => {
    const file = new CursorFile(join(temporaryFolder(), "no", "folder"), () => {});
    file.moveTo("e:1");
    expect(() => file.save()).toThrow(CliError);
  });
});
