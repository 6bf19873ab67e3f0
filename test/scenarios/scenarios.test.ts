/** Every folder below is a scenario: a fleet, what happens to it, and what must come of that. */

import { describe, expect, test } from "vitest";
import { findScenarios } from "../../src/cli/scenario/folder.ts";
import { runScenario } from "../../src/cli/scenario/run.ts";

describe("scenarios", () => {
  test.each(findScenarios(["test/scenarios"]))("%s", async (folder) => {
    const { problems, diff } = await runScenario(folder, false);
    // `evenkeel scenario FOLDER` tells the same, and accepts another log with --update.
    expect([...problems, ...diff].join("\n")).toBe("");
  });
});
