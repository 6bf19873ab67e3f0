import { DEFAULT_SETTINGS, type Settings } from "../src/model/settings.ts";
import { meta } from "../src/store/tables-log.ts";
import type { ReadDatabase } from "./context.ts";

/** What is true of the fleet as a whole. */
export interface FleetFacts {
  readonly settings: Settings;
  readonly armed: boolean;
  readonly contactLostAtMs: number | null;
  /** Silences lead to something from here on only: contact was lost, or the fleet disarmed, before. */
  readonly silencesCountFromMs: number | null;
}

export function fleetFacts(db: ReadDatabase): FleetFacts {
  const { settings, armed, contactLostAtMs, silencesCountFromMs } = meta;
  const columns = { settings, armed, contactLostAtMs, silencesCountFromMs };
  const row = db.select(columns).from(meta).get();
  if (!row) throw new Error("The table `meta` has no row.");
  // Settings that came with a newer version are not in an older log.
  return { ...row, settings: { ...DEFAULT_SETTINGS, ...row.settings } };
}
