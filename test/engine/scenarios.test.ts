import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCases, Scenario } from "./scenario.ts";

const FILES = readdirSync(new URL("cases/", import.meta.url)).sort();

describe.each(FILES)("%s", (file) => {
  test.each(readCases(file))("$name", ({ fleet, script, log }) => {
    expect(new Scenario(fleet).run(script).log).toEqual(log);
  });
});
