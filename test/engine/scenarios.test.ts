import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCases, Scenario } from "./scenario.ts";

const FILES = readdirSync(new URL("cases/", import.meta.url)).sort();

/** Incidents frame what happens in most other cases: they are told where they are what it is about. */
const INCIDENTS = "incidents.txt";

describe.each(FILES)("%s", (file) => {
  test.each(readCases(file))("$name", ({ fleet, script, log }) => {
    const told = new Scenario(fleet).run(script).log;
    expect(file === INCIDENTS ? told : told.filter((line) => !/^Incident/.test(line))).toEqual(log);
  });
});
