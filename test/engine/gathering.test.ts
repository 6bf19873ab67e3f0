import { beforeEach, describe, expect, test } from "vitest";
import { Scenario } from "./scenario.ts";

describe("hosts that are proven dead moments apart", () => {
  let scenario: Scenario;

  /** The driver confirms the fence of a host. */
  const confirm = (name: string) => {
    const { id: hostId, generation } = scenario.world.host(name);
    const answer = { action: "FENCE", guestId: null, hostId, generation } as const;
    scenario.world.observe({ kind: "ACTION_DONE", ...answer });
    scenario.world.advance(0);
  };

  beforeEach(() => {
    scenario = new Scenario(`
      zone a: h1 4/16, h2 4/16, h3 4/16
      guest low 4/16 LOW on h1
      guest critical 4/16 CRITICAL on h2`);
    scenario.world.fate = (seen) =>
      "action" in seen && seen.action === "FENCE" ? "LOST" : "ARRIVES";
    scenario.run("fault HOST_HANG h1; fault HOST_HANG h2; wait 3.4");
    expect([scenario.world.host("h1").status, scenario.world.host("h2").status]).toEqual([
      "FENCING",
      "FENCING",
    ]);
  });

  test("recover together, the most important guests first", () => {
    confirm("h1");
    scenario.run("wait 0.1");
    expect(scenario.world.whereIs("low")).toBeNull();
    confirm("h2");
    expect(scenario.world.whereIs("critical")).toBe("h3");
    const codes = scenario.world.guest("low").blockedBy.map(({ code }) => code);
    expect(codes).toContain("INSUFFICIENT_CPU");
  });

  test("wait for each other for a moment only", () => {
    confirm("h1");
    scenario.run("wait 0.4");
    expect(scenario.world.whereIs("low")).toBeNull();
    scenario.run("wait 0.2");
    expect(scenario.world.whereIs("low")).toBe("h3");
  });

  test("do not wait for one whose fence has failed", () => {
    confirm("h1");
    const { id: hostId, generation } = scenario.world.host("h2");
    const answer = { action: "FENCE", guestId: null, hostId, generation, error: "no" } as const;
    scenario.world.observe({ kind: "ACTION_FAILED", ...answer });
    scenario.world.advance(0);
    expect(scenario.world.whereIs("low")).toBe("h3");
  });
});
