import type { Host, Zone } from "../model/entities.ts";
import type { HostId } from "../model/ids.ts";
import type { HostStatus } from "../model/statuses.ts";
import type { State } from "./state.ts";

/** What the statuses of hosts mean, for all who must agree about it. */

const WATCHED: ReadonlySet<HostStatus> = new Set<HostStatus>(["UP", "DRAINING", "MAINTENANCE"]);
const UNHEARD: ReadonlySet<HostStatus> = new Set<HostStatus>(["SUSPECT", "FENCING"]);
const LOST: ReadonlySet<HostStatus> = new Set<HostStatus>(["FENCING", "DOWN"]);

/** It is well as far as is known; its silence would be news. */
export function isWatched({ status }: Host): boolean {
  return WATCHED.has(status);
}

/** Its hosts run on battery, or heat up: what can leave leaves, and nothing is given to them. */
export function isFailing({ power, cooling }: Pick<Zone, "power" | "cooling">): boolean {
  return power === "DOWN" || cooling === "DOWN";
}

/** It lacks one of the three; what follows differs from one to the next. */
export function lacksUtility({ power, cooling, network }: Zone): boolean {
  return power === "DOWN" || cooling === "DOWN" || network === "DOWN";
}

/** Nothing reaches its hosts: guests there neither arrive nor leave. */
export function isCutOff({ network }: Pick<Zone, "network">): boolean {
  return network === "DOWN";
}

/** It is in service, and not held off for flapping. */
export function isOpen({ status, heldUntilMs }: Host): boolean {
  return status === "UP" && heldUntilMs === null;
}

/** A migration to it failed and it was not heard of since, or one had no answer not long ago. */
export function isShunned({ indexes, tables, leases }: State, id: HostId): boolean {
  if (!indexes.shunned.has(id)) return false;
  return leases.lastMs(id) <= (tables.Host.get(id).movesShunUntilMs ?? 0);
}

/** People want it free of guests, by migration. */
export function isAskedEmpty({ maintenance, power }: Pick<Host, "maintenance" | "power">): boolean {
  return maintenance || (power?.phase === "EMPTYING" && power.policy === "MIGRATE");
}

/** It is on its way down: what is ordered there is not heard. */
export function isUnheard({ status }: Host): boolean {
  return UNHEARD.has(status);
}

/** Something is being done with it by request that is not done yet. */
export function isAttended({ power, maintenance, status }: Host): boolean {
  if (power !== null) return power.phase !== "OFF";
  return maintenance && status === "DRAINING";
}

/** It is off, or on its way off or back, because somebody asked for it. */
export function isOffByRequest({ power }: Host): boolean {
  if (power === null || power.phase === "EMPTYING") return false;
  return power.verb !== "POWER_ON" || power.wasOff;
}

/** It is off because nobody needed it, and can be woken. */
export function isInStandby({ status }: Host): boolean {
  return status === "STANDBY";
}

/** It was off, and is being switched on. */
export function isWaking({ power }: Host): boolean {
  return power?.verb === "POWER_ON" && power.wasOff;
}

/** It was up once, and its zone has to do without it although nobody asked for that. */
export function isLost(host: Host): boolean {
  return host.everUp && LOST.has(host.status) && !isOffByRequest(host);
}

/** How long after the last heartbeat heard the watchdog of a host that knows the settings has acted. */
export function watchdogMs({ meta }: State): number | null {
  const { watchdogSeconds, heartbeatSeconds } = meta.settings;
  return meta.armed ? Math.round((watchdogSeconds + heartbeatSeconds) * 1000) : null;
}

/** It was heard of since its watchdog was last told anything. */
export function knowsItsWatchdog(state: State, host: Host): boolean {
  return !state.meta.armed || host.watchdogMs === watchdogMs(state);
}
