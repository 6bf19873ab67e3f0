import type { Host, Zone } from "../model/entities.ts";
import type { HostStatus } from "../model/statuses.ts";

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

/** It is on its way down: what is ordered there is not heard. */
export function isUnheard({ status }: Host): boolean {
  return UNHEARD.has(status);
}

/** It was up once, and its zone has to do without it. */
export function isLost({ everUp, status }: Host): boolean {
  return everUp && LOST.has(status);
}
