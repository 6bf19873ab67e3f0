import type { State } from "../../engine/state.ts";
import type { Guest, Host } from "../../model/entities.ts";
import { type Amounts, noAmounts } from "../../model/metering.ts";
import { type PowerWatts, powerStateOf, powerWattsOf, wattsAt } from "../../model/power.ts";

/** Some machine: what it has, and what it draws at 0, 10, … 100 % of that. */
export interface Machine {
  readonly cpuMillicores: number;
  readonly watts: PowerWatts;
}

export function machineOf(host: Host): Machine {
  return { cpuMillicores: host.capacity.cpuMillicores, watts: powerWattsOf(host) };
}

/** The average of them, in what they have and in what they draw at each level of load. */
export function averageMachine(machines: readonly Machine[]): Machine | null {
  const [first] = machines;
  if (!first) return null;
  const mean = (of: (machine: Machine) => number) =>
    machines.reduce((sum, machine) => sum + of(machine), 0) / machines.length;
  return {
    cpuMillicores: mean(({ cpuMillicores }) => cpuMillicores),
    watts: first.watts.map((_, point) => mean(({ watts }) => watts[point] ?? 0)),
  };
}

function milliwattsAt({ watts, cpuMillicores }: Machine, millicores: number): number {
  return Math.round(1000 * wattsAt(watts, millicores / cpuMillicores));
}

/** What goes through the meters in each ms as long as the host and its guests are as they are. */
export function loadOf(state: State, host: Host, machine: Machine, typical: Machine): Amounts {
  const load = noAmounts();
  const power = powerStateOf(host);
  if (power === "OFF") load.hostOffMs = 1;
  if (power === "STANDBY") {
    load.hostStandbyMs = 1;
    load.standbySavedMicrojoules = milliwattsAt(machine, 0);
  }
  if (power !== "ON") return load;
  load.hostOnMs = 1;
  addGuests(load, state, host, typical);
  load.microjoules = milliwattsAt(machine, load.grantedMillicoreMs);
  if (host.powerWatts === null) load.estimatedMicrojoules = load.microjoules;
  return load;
}

/** A hundred thousand guests go through this for each sample: hence the loop with its counters. */
function addGuests(load: Amounts, { indexes, tables, usage }: State, host: Host, typical: Machine) {
  let [guests, demand, granted, alone, migrating] = [0, 0, 0, 0, 0];
  for (const id of indexes.guestsOnHost.each(host.id)) {
    const guest = tables.Guest.find(id);
    if (!guest || !isRunningOn(host, guest)) continue;
    const sample = usage.of(id);
    const asked = sample === undefined ? 0 : sample.cpuDemandMillicores;
    guests++;
    demand += asked;
    granted += sample === undefined ? 0 : sample.cpuMillicores;
    alone += milliwattsAt(typical, asked);
    if (guest.status === "MIGRATING") migrating += asked;
  }
  load.guestMs = guests;
  load.demandMillicoreMs = demand;
  load.grantedMillicoreMs = granted;
  load.aloneMicrojoules = alone;
  load.migratingDemandMillicoreMs = migrating;
}

/** One that migrates runs where it comes from. */
function isRunningOn(host: Host, { hostId, status }: Guest): boolean {
  return hostId === host.id && (status === "RUNNING" || status === "MIGRATING");
}
