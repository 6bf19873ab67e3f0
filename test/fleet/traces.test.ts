import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTraceWithin } from "../../src/fleet/traces.ts";
import { problemLines, specOf } from "./problems.ts";

let folder: string;
let root: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "evenkeel-traces-"));
  root = join(folder, "traces");
  mkdirSync(join(root, "week"), { recursive: true });
  writeFileSync(join(folder, "secret.csv"), "1,2,3\n");
  writeFileSync(join(root, "a.csv"), "0,50,100\n24.5, 1 ,0\r\n\n");
  writeFileSync(join(root, "week", "b.csv"), "10,20");
  writeFileSync(join(root, "bad.csv"), "1,2\n3,x,5\n101\n-1\n1,,2\n1e1\n");
  writeFileSync(join(root, "empty.csv"), "");
  writeFileSync(join(root, "huge.csv"), "");
  truncateSync(join(root, "huge.csv"), 64 * 1024 * 1024 + 1);
  symlinkSync(join(folder, "secret.csv"), join(root, "out.csv"));
  symlinkSync(folder, join(root, "up"));
  symlinkSync("a.csv", join(root, "in.csv"));
  execFileSync("mkfifo", [join(root, "pipe.csv")]);
});

afterAll(() => rmSync(folder, { recursive: true }));

function document(file: string, row = 0): string {
  const workload = JSON.stringify({ kind: "TRACE", file, row });
  return `guests:\n  - name: g\n    image: i\n    flavor: f\n    count: 2\n    workload: ${workload}`;
}

function problem(file: string, row?: number): string {
  const lines = problemLines(document(file, row), { readTrace: readTraceWithin(root) });
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

function shares(file: string, row: number): readonly number[] | undefined {
  const { guests } = specOf(document(file, row), { readTrace: readTraceWithin(root) });
  const [first, second] = guests.map((guest) => guest.workload);
  expect(first).toBe(second);
  return first?.kind === "TRACE" ? first.shares : undefined;
}

describe("a trace", () => {
  test.each([
    ["a.csv", 0, [0, 0.5, 1]],
    ["a.csv", 1, [0.245, 0.01, 0]],
    ["./a.csv", 0, [0, 0.5, 1]],
    ["week/b.csv", 0, [0.1, 0.2]],
    ["in.csv", 0, [0, 0.5, 1]],
    ["bad.csv", 5, [0.1]],
  ])("%s#%i is read", (file, row, expected) => {
    expect(shares(file, row)).toEqual(expected);
  });

  test("is named by file and row, with five minutes between values by default", () => {
    const { guests } = specOf(document("a.csv", 1), { readTrace: readTraceWithin(root) });
    expect(guests[0]?.workload).toMatchObject({ name: "a.csv#1", intervalSeconds: 300 });
  });

  test("is read once for all guests of a document, whatever it is called", () => {
    const read = readTraceWithin(root);
    expect(read("a.csv")).toBe(read("./a.csv"));
    expect(read("a.csv").row(0)).toBe(read("in.csv").row(0));
  });

  test.each([
    ["a.csv", 2, 'row: there is no row 2: "a.csv" has the rows 0 to 1'],
    ["empty.csv", 0, 'row: there is no row 0: "empty.csv" is empty'],
    ["bad.csv", 1, 'row 1, value 2 must be a percentage from 0 to 100, not "x"'],
    ["bad.csv", 2, 'row 2, value 1 must be a percentage from 0 to 100, not "101"'],
    ["bad.csv", 3, 'not "-1"'],
    ["bad.csv", 4, 'row 4, value 2 must be a percentage from 0 to 100, not ""'],
  ])("%s#%i is told to be wrong", (file, row, expected) => {
    expect(problem(file, row)).toContain(expected);
  });

  test.each([
    ["../secret.csv", "must not lead upwards with `..`"],
    ["week/../../secret.csv", "must not lead upwards with `..`"],
    ["week/../a.csv", "must not lead upwards with `..`"],
    ["/etc/passwd", "must be a relative path with forward slashes"],
    ["..\\secret.csv", "must be a relative path with forward slashes"],
    ["C:/secret.csv", "must be a relative path with forward slashes"],
    ["out.csv", "leads out of the folder of traces"],
    ["up/secret.csv", "leads out of the folder of traces"],
    ["gone.csv", "there is no such file in the folder of traces (ENOENT)"],
    ["a.csv/b", "there is no such file in the folder of traces (ENOTDIR)"],
    ["a.csv\0", "is not a file name"],
    ["", "is not a file name"],
    ["week", "is not a regular file"],
    [".", "leads out of the folder of traces"],
    ["pipe.csv", "is not a regular file"],
    ["huge.csv", "is 67108865 bytes long, of 67108864 at most"],
  ])("%j is not opened", (file, expected) => {
    const line = problem(file);
    expect(line).toMatch(/^6:\d+ guests\[0\]\.workload\.file: the trace /);
    expect(line).toContain(expected);
    expect(line).not.toContain(folder);
  });

  test("may come along in the document, and needs no file then", () => {
    const rows = 'traces: [{ file: "../a.csv", row: 3, shares: [0, 0.5, 1] }]\n';
    const { guests } = specOf(rows + document("../a.csv", 3));
    expect(guests[0]?.workload).toMatchObject({ name: "../a.csv#3", shares: [0, 0.5, 1] });
    expect(problemLines(rows + document("../a.csv", 4))[0]).toContain("set TRACES_DIR");
  });

  test("is not opened when there is no folder for traces", () => {
    const [line] = problemLines(document("a.csv"));
    expect(line).toMatch(/^6:\d+ guests\[0\]\.workload\.file: no traces .* set TRACES_DIR/);
  });

  test("is not opened when the folder is gone", () => {
    const readTrace = readTraceWithin(join(folder, "gone"));
    expect(problemLines(document("a.csv"), { readTrace })[0]).toContain(
      "the folder of traces can't be opened (ENOENT)",
    );
  });
});
