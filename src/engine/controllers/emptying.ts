import type { Host } from "../../model/entities.ts";
import type { MoveReason } from "../../model/statuses.ts";
import type { State } from "../state.ts";

/**
 * Why no guest should stay on this host; the gravest reason, or null when they may. The time that is
 * left orders them: batteries last a minute, heat builds up over several, people can wait.
 */
export function whyEmptied(state: State, host: Host): MoveReason | null {
  const { power, cooling } = state.tables.Zone.get(host.zoneId);
  if (power === "DOWN") return "POWER";
  if (cooling === "DOWN") return "COOLING";
  const { power: switching, maintenance } = host;
  const isLeft = switching?.phase === "EMPTYING" && switching.policy === "MIGRATE";
  if (isLeft && switching.verb !== "STANDBY") return "SHUTDOWN";
  if (maintenance) return "MAINTENANCE";
  return isLeft ? "CONSOLIDATION" : null;
}
