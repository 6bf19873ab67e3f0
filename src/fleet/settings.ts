import type { Settings } from "../model/settings.ts";
import type { SettingsItem } from "./document.ts";
import type { ProblemList } from "./problems.ts";
import { toleranceOf } from "./tolerate.ts";

type Seconds = "heartbeatSeconds" | "suspectAfterSeconds" | "fenceAfterSeconds" | "watchdogSeconds";

/**
 * Pairs of times that are in conflict when a document gives both. What it gives alone is measured
 * against the settings in force, which the engine knows. Patience shorter than a heartbeat would
 * suspect hosts in good health, or have them kill their own guests; one late heartbeat is no sign of
 * trouble yet. The watchdog may be shorter or longer than the time to the fence: either is safe.
 */
const CONFLICTS: readonly {
  readonly shorter: Seconds;
  readonly longer: Seconds;
  readonly words: string;
  readonly fits: (shorter: number, longer: number) => boolean;
}[] = [
  {
    shorter: "heartbeatSeconds",
    longer: "suspectAfterSeconds",
    words: "must be at least twice",
    fits: (shorter, longer) => longer >= 2 * shorter,
  },
  {
    shorter: "suspectAfterSeconds",
    longer: "fenceAfterSeconds",
    words: "must be more than",
    fits: (shorter, longer) => longer > shorter,
  },
  {
    shorter: "heartbeatSeconds",
    longer: "watchdogSeconds",
    words: "must be more than",
    fits: (shorter, longer) => longer > shorter,
  },
];

export function settingsOf({ tolerate, ...rest }: SettingsItem): Partial<Settings> {
  return { ...rest, ...(tolerate !== undefined && { tolerate: toleranceOf(tolerate) }) };
}

export function checkSettings(settings: SettingsItem, problems: ProblemList): void {
  for (const { shorter, longer, words, fits } of CONFLICTS) {
    const low = settings[shorter];
    const high = settings[longer];
    if (low === undefined || high === undefined || fits(low, high)) continue;
    problems.add(["settings", longer], `${words} ${shorter} (${low}), not ${high}`);
  }
}
