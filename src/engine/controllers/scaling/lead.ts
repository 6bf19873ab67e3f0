import type { ScalingGroup } from "../../../model/entities.ts";
import type { State } from "../../state.ts";

/** How long before it is needed a member has to be made, and what that consists of, in words. */
export interface Lead {
  readonly allMs: number;
  readonly words: string;
}

/** Nothing is done longer ahead, however long members once waited for room. */
const LEAD_MOST_MS = 3_600_000;
/** What is assumed of members while none of them has started, and their image doesn't say. */
const USUAL_LAUNCH_MS = 60_000;
/** What is assumed of hosts that stand by while none of them was ever woken. */
const USUAL_WAKE_MS = 120_000;

/** The slowest of the newest launches, the warm-up, and the slowest wake of a host while some stand by. */
export function leadOf(state: State, group: ScalingGroup): Lead {
  const { launchesMs, warmUpSeconds } = group;
  const launchMs = launchesMs.length > 0 ? Math.max(...launchesMs) : imageBootMs(state, group);
  const wakeMs = longestWakeMs(state);
  const allMs = Math.min(LEAD_MOST_MS, launchMs + warmUpSeconds * 1000 + wakeMs);
  const wake = wakeMs > 0 ? [`${Math.round(wakeMs / 1000)} s to wake a host`] : [];
  const launch = `${Math.round(launchMs / 1000)} s to come up`;
  return { allMs, words: [...wake, launch, `${warmUpSeconds} s to warm up`].join(", ") };
}

function imageBootMs({ tables }: State, { template }: ScalingGroup): number {
  const { bootSeconds } = tables.Image.get(template.imageId);
  return bootSeconds === null ? USUAL_LAUNCH_MS : bootSeconds * 1000;
}

/** Of the hosts that stand by and would be woken for whoever finds no place. */
function longestWakeMs({ meta, indexes, tables }: State): number {
  if (meta.settings.powerManagement !== "AUTO" || indexes.standby.size === 0) return 0;
  let longest: number | null = null;
  for (const id of indexes.standby) {
    const { bootMs } = tables.Host.get(id);
    if (bootMs !== null) longest = Math.max(longest ?? 0, bootMs);
  }
  return longest ?? USUAL_WAKE_MS;
}
