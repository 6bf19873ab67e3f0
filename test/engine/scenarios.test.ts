import { describe, expect, test } from "vitest";
import { readCases, Scenario } from "./scenario.ts";

describe.each(["lifecycle", "refusals", "failures", "hosts", "failover", "recovery"])(
  "%s",
  (file) => {
    test.each(readCases(`${file}.txt`))("$name", ({ fleet, script, log }) => {
      expect(new Scenario(fleet).run(script).log).toEqual(log);
    });
  },
);
