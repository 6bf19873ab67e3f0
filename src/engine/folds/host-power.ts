import type { Host } from "../../model/entities.ts";
import type { HostId } from "../../model/ids.ts";
import type { HostStatus } from "../../model/statuses.ts";
import type { State } from "../state.ts";
import type { Folds } from "./fold.ts";

/** The status of a host in contact: in service, on its way out of it, or out of it. */
export function restingStatus(
  state: State,
  { id, maintenance, power }: Pick<Host, "id" | "maintenance" | "power">,
): HostStatus {
  if (power !== null && power.phase !== "OFF") return power.verb === "POWER_ON" ? "UP" : "DRAINING";
  if (!maintenance) return "UP";
  return state.indexes.guestsOnHost.count(id) > 0 ? "DRAINING" : "MAINTENANCE";
}

const IN_CONTACT: ReadonlySet<HostStatus> = new Set<HostStatus>(["UP", "DRAINING", "MAINTENANCE"]);

/** What was asked of a host changes; one that is not in contact shows it when it is. */
function ask(
  state: State,
  event: { atMs: number; seq: number },
  hostId: HostId,
  wish: Partial<Host>,
) {
  const host = { ...state.tables.Host.get(hostId), ...wish };
  const status = IN_CONTACT.has(host.status) ? restingStatus(state, host) : host.status;
  const isNew = status !== host.status;
  state.tables.Host.set({
    ...host,
    status,
    ...(isNew && { statusSinceMs: event.atMs, causeSeq: event.seq }),
  });
}

/** Maintenance and power by request. */
export const hostPowerFolds = {
  HostMaintenanceRequested: (state, event) =>
    ask(state, event, event.payload.host, { maintenance: true }),
  HostMaintenanceStarted: (state, event) => ask(state, event, event.payload.host, {}),
  HostMaintenanceEnded: (state, event) =>
    ask(state, event, event.payload.host, { maintenance: false }),
  HostPowerRequested: (state, event) =>
    ask(state, event, event.payload.host, { power: event.payload.definition }),
  // From here on its silence is no news.
  HostPowerSwitching: (state, { payload, atMs, seq }) => {
    const host = state.tables.Host.get(payload.host);
    if (host.power === null) return;
    state.tables.Host.patch(host.id, {
      status: "DOWN",
      statusSinceMs: atMs,
      causeSeq: seq,
      generation: payload.generation,
      power: { ...host.power, phase: "SWITCHING", sinceMs: atMs },
      lastSeenAtMs: null,
      fenceFailedAtMs: null,
      opinion: null,
    });
  },
  HostPoweredOff: (state, { payload, atMs, seq }) => {
    const host = state.tables.Host.get(payload.host);
    if (host.power === null) return;
    const power = { ...host.power, phase: "OFF" as const, sinceMs: atMs };
    state.tables.Host.patch(host.id, { power, causeSeq: seq });
  },
  HostPoweredOn: (state, event) => ask(state, event, event.payload.host, { power: null }),
  HostPowerFailed: (state, event) => ask(state, event, event.payload.host, { power: null }),
} satisfies Folds;
