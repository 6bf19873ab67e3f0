import type { Host } from "./entities.ts";

/** Watts at 0, 10, … 100 % CPU utilisation, none below the one before; linear in between. */
export type PowerWatts = readonly number[];

/** A point for each tenth of utilisation, as SPECpower_ssj2008 measures them. */
export const POWER_POINTS = 11;

/** More than any machine draws. */
export const POWER_WATTS_MOST = 1_000_000;

export interface PowerModel {
  readonly watts: PowerWatts;
  readonly source: string;
}

/** Machines whose power was measured, by the names that fleet documents use. */
export const POWER_MODELS: Readonly<Record<string, PowerModel>> = {
  // 1 x Xeon 3040 1860 MHz, 2 cores
  "hp-proliant-ml110-g4": {
    watts: [86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117],
    source: "SPECpower_ssj2008, 2011; as in Beloglazov & Buyya 2012",
  },
  // 1 x Xeon 3075 2660 MHz, 2 cores
  "hp-proliant-ml110-g5": {
    watts: [93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135],
    source: "SPECpower_ssj2008, 2011; as in Beloglazov & Buyya 2012",
  },
  // 2 x Xeon X5675 3066 MHz, 12 cores
  "ibm-x3550-m3-x5675": {
    watts: [58.4, 98, 109, 118, 128, 140, 153, 170, 189, 205, 222],
    source: "SPECpower_ssj2008, result 20110406-00368",
  },
};

/**
 * Watts of each core of a machine that nobody measured, idle and at full load: averages over servers of
 * public clouds that Cloud Carbon Footprint derives from SPECpower_ssj2008 (its figures for AWS).
 */
const GENERIC_IDLE_WATTS = 0.74;
const GENERIC_FULL_WATTS = 3.5;

/** What is taken for a machine without a model: an estimate that knows no more of it than its cores. */
export function genericWatts(cpuMillicores: number): PowerWatts {
  const cores = cpuMillicores / 1000;
  return Array.from({ length: POWER_POINTS }, (_, point) => {
    const share = point / (POWER_POINTS - 1);
    const ofCore = GENERIC_IDLE_WATTS + share * (GENERIC_FULL_WATTS - GENERIC_IDLE_WATTS);
    return Math.round(cores * ofCore * 1000) / 1000;
  });
}

/** The host's own model, or the estimate for one that has none. */
export function powerWattsOf({
  powerWatts,
  capacity,
}: Pick<Host, "powerWatts" | "capacity">): PowerWatts {
  return powerWatts ?? genericWatts(capacity.cpuMillicores);
}

/** Watts at a utilisation from 0 to 1; one beyond is taken for the nearer end. */
export function wattsAt(watts: PowerWatts, utilisation: number): number {
  const position = Math.min(1, Math.max(0, utilisation)) * (POWER_POINTS - 1);
  const below = Math.floor(position);
  const lower = watts[below] ?? 0;
  const upper = watts[below + 1] ?? lower;
  return lower + (position - below) * (upper - lower);
}

/** The name of the built-in model whose figures these are; null when it is none of them. */
export function powerModelName(watts: PowerWatts | null): string | null {
  if (watts === null) return null;
  const text = JSON.stringify(watts);
  const known = Object.entries(POWER_MODELS).find(
    ([, model]) => model.watts === watts || JSON.stringify(model.watts) === text,
  );
  return known?.[0] ?? null;
}

export type PowerState = "ON" | "STANDBY" | "OFF";

/**
 * Whether a host draws power, as far as is known: one that boots does, one that is DOWN is taken not to,
 * and one that is silent, or being fenced, still is.
 */
export function powerStateOf({ status, power }: Pick<Host, "status" | "power">): PowerState {
  if (power?.phase === "BOOTING") return "ON";
  if (status === "STANDBY") return "STANDBY";
  if (power?.phase === "SWITCHING") return power.verb === "POWER_ON" ? "OFF" : "ON";
  return status === "DOWN" || power?.phase === "OFF" ? "OFF" : "ON";
}
