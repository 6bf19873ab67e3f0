import type { Host } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { HostId } from "../../model/ids.ts";
import type { HostStatus } from "../../model/statuses.ts";
import type { State } from "../state.ts";
import type { Folds } from "./fold.ts";

/** The status of a host in contact: in service, on its way out of it, or out of it. */
export function restingStatus(
  state: State,
  { id, maintenance, power }: Pick<Host, "id" | "maintenance" | "power">,
): HostStatus {
  if (power?.phase === "EMPTYING") return "DRAINING";
  if (!maintenance) return "UP";
  return state.indexes.guestsOnHost.count(id) > 0 ? "DRAINING" : "MAINTENANCE";
}

const IN_CONTACT: ReadonlySet<HostStatus> = new Set<HostStatus>(["UP", "DRAINING", "MAINTENANCE"]);

/**
 * What was asked of a host changes; one that is not in contact shows it when it is, if it is not
 * known to be by now.
 */
function ask(
  state: State,
  event: { atMs: number; seq: number },
  hostId: HostId,
  wish: Partial<Host>,
  inContact = IN_CONTACT.has(state.tables.Host.get(hostId).status),
): void {
  const before = state.tables.Host.get(hostId);
  const host = { ...before, ...wish };
  const status = wish.status ?? restingStatus(state, host);
  if (!inContact) state.tables.Host.set({ ...host, status: before.status });
  else if (status === before.status) state.tables.Host.set({ ...host, status });
  else
    state.tables.Host.set({
      ...host,
      status,
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      lastSeenAtMs: null,
    });
}

function askForPower(
  state: State,
  event: FleetEvent<"HostPowerRequested" | "HostEnteringStandby" | "HostLeavingStandby">,
): void {
  const power = { ...event.payload.definition, seq: event.seq };
  ask(state, event, event.payload.host, { power });
}

/** The driver has done what it was told. */
function switched(
  state: State,
  event: FleetEvent<"HostBooting" | "HostPoweredOff">,
  phase: "BOOTING" | "OFF",
): void {
  const { id, power } = state.tables.Host.get(event.payload.host);
  if (power === null) return;
  state.tables.Host.patch(id, {
    power: { ...power, phase, sinceMs: event.atMs, orderedAtMs: null },
    causeSeq: event.seq,
  });
}

/** Maintenance and power by request. */
export const hostPowerFolds = {
  // Empty or not: that it is free of guests is a fact of its own.
  HostMaintenanceRequested: (state, event) =>
    ask(state, event, event.payload.host, { maintenance: true, status: "DRAINING" }),
  HostMaintenanceStarted: (state, event) => ask(state, event, event.payload.host, {}),
  HostMaintenanceEnded: (state, event) =>
    ask(state, event, event.payload.host, { maintenance: false }),
  HostPowerRequested: (state, event) => {
    askForPower(state, event);
    const { id, status, power } = state.tables.Host.get(event.payload.host);
    if (status !== "STANDBY" || power?.verb !== "SHUTDOWN") return;
    state.tables.Host.patch(id, { status: "DOWN", statusSinceMs: event.atMs, causeSeq: event.seq });
  },
  HostEnteringStandby: askForPower,
  HostLeavingStandby: askForPower,
  // From here on its silence is no news.
  HostPowerSwitching: (state, { payload, atMs, seq }) => {
    const host = state.tables.Host.get(payload.host);
    if (host.power === null) return;
    const { phase, sinceMs } = host.power;
    const since = phase === "SWITCHING" ? sinceMs : atMs;
    const power = { ...host.power, phase: "SWITCHING", sinceMs: since, orderedAtMs: atMs } as const;
    const goesDown = host.status !== "DOWN" && { statusSinceMs: atMs, causeSeq: seq };
    state.tables.Host.patch(host.id, {
      status: "DOWN",
      ...goesDown,
      generation: payload.generation,
      power,
      lastSeenAtMs: null,
      fenceFailedAtMs: null,
      opinion: null,
    });
  },
  HostBooting: (state, event) => switched(state, event, "BOOTING"),
  HostPoweredOff: (state, event) => {
    switched(state, event, "OFF");
    const { id, power } = state.tables.Host.get(event.payload.host);
    if (power?.verb !== "STANDBY") return;
    state.tables.Host.patch(id, { status: "STANDBY", statusSinceMs: event.atMs });
  },
  HostPoweredOn: (state, event) => {
    const { id, power, bootMs } = state.tables.Host.get(event.payload.host);
    const booted = power?.phase === "BOOTING" ? event.atMs - power.sinceMs : bootMs;
    ask(state, event, id, { power: null, bootMs: booted });
  },
  HostPowerCancelled: (state, event) => ask(state, event, event.payload.host, { power: null }),
  HostPowerFailed: (state, event) => {
    const { host: hostId, inContact, staysOff } = event.payload;
    const { power } = state.tables.Host.patch(hostId, { causeSeq: event.seq });
    const off = { verb: "SHUTDOWN", phase: "OFF", orderedAtMs: null, wasOff: false } as const;
    const stays = power !== null && staysOff ? { ...power, ...off, sinceMs: event.atMs } : null;
    ask(state, event, hostId, { power: stays }, inContact);
  },
} satisfies Folds;
