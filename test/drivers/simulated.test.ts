import type { Observation } from "../../src/model/actions.ts";
import { describeDriver, type Subject } from "./contract.ts";
import { guestDescription, hostDescription, SimulatedFleet } from "./fleet.ts";

/** No answer of the simulated world takes as long. */
const PATIENCE_SECONDS = 600;

describeDriver("simulated", async () => {
  const fleet = new SimulatedFleet();
  const subject: Subject = {
    driver: fleet.driver,
    hosts: [hostDescription(1111), hostDescription(1121)],
    guest: guestDescription(),
    observations: fleet.seen,
    async until(fits: (observation: Observation) => boolean, since: number) {
      const deadline = fleet.now + PATIENCE_SECONDS;
      for (;;) {
        const found = fleet.seen.slice(since).find(fits);
        if (found) {
          const { at: _, ...observation } = found;
          return observation as Observation;
        }
        if (fleet.now > deadline) throw new Error("Nothing of the kind was seen.");
        fleet.advance(0.1);
      }
    },
    async close() {
      fleet.driver.close();
    },
  };
  return subject;
});
