import type { ZoneId } from "./ids.ts";

/** Amounts are kept for stretches of so many ms of fleet time, each beginning at a multiple of it. */
export const METER_STRETCH_MS = 300_000;

/** How long they are kept, in ms of fleet time: a year, and a month to compare it with. */
export const METERED_KEPT_MS = 396 * 86_400_000;

/** CPU that a guest loses while it migrates, of what it asks for: Beloglazov & Buyya 2012. */
export const MIGRATION_LOSS = 0.1;

/**
 * What is metered in each zone. All but `migrations`, which is a count, grow with time: something that
 * there is so much of, times how many ms there was so much of it.
 */
export function noAmounts() {
  return {
    hostOnMs: 0,
    hostStandbyMs: 0,
    hostOffMs: 0,
    /** Drawn by hosts; and what of it is reckoned without a power model. */
    microjoules: 0,
    estimatedMicrojoules: 0,
    /** What hosts in standby would have drawn idle. */
    standbySavedMicrojoules: 0,
    guestMs: 0,
    demandMillicoreMs: 0,
    grantedMillicoreMs: 0,
    /** What the guests would have drawn, each alone on a machine like those of the zone. */
    aloneMicrojoules: 0,
    /** Asked for by guests while they migrated. */
    migratingDemandMillicoreMs: 0,
    /** That arrived in the zone. */
    migrations: 0,
    /** Members that scaling groups were to have, and those that they were spared, being below their max. */
    memberMs: 0,
    sparedMemberMs: 0,
    sparedMillicoreMs: 0,
  };
}
export type Amounts = ReturnType<typeof noAmounts>;
export type Meter = keyof Amounts;
export const METERS = Object.keys(noAmounts()) as readonly Meter[];

/** What was metered of a zone in a stretch, from and until when it was. */
export interface Reading extends Amounts {
  readonly zoneId: ZoneId;
  readonly stretchMs: number;
  fromMs: number;
  untilMs: number;
}

/** `times` is 1, -1, or how long it was so. */
export function addAmounts(sum: Amounts, more: Amounts, times: number): void {
  for (const meter of METERS) sum[meter] += more[meter] * times;
}
