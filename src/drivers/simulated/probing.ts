import type { Action } from "../../model/actions.ts";
import type { Opinion } from "../../model/statuses.ts";
import { isHanging, isStalled } from "./conditions.ts";
import { noteHost } from "./timers.ts";
import type { SimulatedHost, World } from "./world.ts";

/** How long a zone's storage takes to find the newest heartbeat that a host left on it. */
const PROBE_MS = 200;

/** Ask the storage of its zone about a host. A host that is not known leaves no heartbeats anywhere. */
export function beginProbe(world: World, action: Extract<Action, { kind: "PROBE_HOST" }>): void {
  const host = world.hosts.get(action.hostId);
  if (!host) return;
  host.probe = { suspicion: action.suspicion, dueAtMs: world.nowMs + PROBE_MS };
  noteHost(world, host);
}

export function completeProbe(world: World, host: SimulatedHost): void {
  const { probe } = host;
  if (!probe) return;
  host.probe = null;
  const { id: hostId } = host.description;
  const { suspicion } = probe;
  world.emit({
    kind: "HOST_PROBED",
    hostId,
    suspicion,
    opinion: opinionOf(world, host),
    by: "STORAGE",
  });
}

/** Storage sees the heartbeats of whoever runs and can write to it, also when their network is cut. */
function opinionOf(world: World, host: SimulatedHost): Opinion {
  if (!storageAnswers(world, host)) return "UNKNOWN";
  if (host.power !== "ON" || isHanging(world, host)) return "DEAD";
  return isStalled(world, host) ? "UNKNOWN" : "ALIVE";
}

/** Storage stands in its zone: it shares the zone's network, and its power when the battery is empty. */
function storageAnswers(world: World, { description: { zoneId, regionId } }: SimulatedHost) {
  const { faults, zones } = world;
  return !(
    faults.on("ZONE_NETWORK", zoneId) ||
    faults.on("REGION_LOSS", regionId) ||
    zones.get(zoneId)?.battery.empty
  );
}
