import { execFileSync } from "node:child_process";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./open.ts";

const KIT = "node_modules/drizzle-kit/bin.cjs";

test("the migrations make the tables as the code has them", () => {
  const copy = join(temporaryDirectory(), "migrations");
  cpSync("migrations", copy, { recursive: true });
  const before = readdirSync(copy);
  const args = [
    "generate",
    "--dialect",
    "sqlite",
    "--schema",
    "./src/store/tables*.ts",
    "--out",
    copy,
  ];
  const output = execFileSync(process.execPath, [KIT, ...args], { encoding: "utf8" });
  expect(output).toContain("No schema changes");
  expect(readdirSync(copy)).toEqual(before);
});
