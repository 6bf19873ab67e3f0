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
  if (host.power?.phase === "EMPTYING" && host.power.policy === "MIGRATE") return "SHUTDOWN";
  return host.maintenance ? "MAINTENANCE" : null;
}
