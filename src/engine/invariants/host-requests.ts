import type { Host, HostPower } from "../../model/entities.ts";
import type { HostStatus } from "../../model/statuses.ts";
import type { State } from "../state.ts";
import type { Claim } from "./claim.ts";

/** Where a host can be while its guests get off it; after that it is DOWN until it is back. */
const EMPTYING: readonly HostStatus[] = ["DRAINING", "SUSPECT", "FENCING"];

/** What was asked of a host shows in its status, and what can be told at once has been told. */
export function requestClaims(state: State, host: Host): Claim[] {
  const { id, status, maintenance, power } = host;
  const guests = state.indexes.guestsOnHost.count(id);
  const isEmptying = power?.phase === "EMPTYING";
  return [
    [status !== "MAINTENANCE" || (maintenance && guests === 0), "is in maintenance wrongly"],
    [status !== "DRAINING" || maintenance || isEmptying, "drains for nothing"],
    [status !== "DRAINING" || guests > 0, "is empty, and nobody has noticed"],
    [status !== "UP" || !(maintenance || isEmptying), "should take no guests"],
    [status !== "STANDBY" || power?.verb === "STANDBY", "stands by for nobody"],
    [power === null || matches(power, status), `is ${status} at ${power?.verb} ${power?.phase}`],
  ];
}

function matches({ phase, verb }: HostPower, status: HostStatus): boolean {
  if (phase === "EMPTYING") return verb !== "POWER_ON" && EMPTYING.includes(status);
  if (phase !== "OFF") return status === "DOWN";
  return status === "DOWN" ? verb === "SHUTDOWN" : status === "STANDBY" && verb === "STANDBY";
}
