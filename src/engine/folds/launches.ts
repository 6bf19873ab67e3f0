import type { Guest } from "../../model/entities.ts";
import type { State } from "../state.ts";

/** Of so many the slowest is what the next ones are expected to take. */
const LAUNCHES_KEPT = 8;

/** A member runs for the first time: how long that took tells how far ahead its group has to look. */
export function noteLaunch(state: State, guest: Guest): void {
  const group = state.tables.ScalingGroup.find(guest.membership?.groupId ?? 0);
  if (!group) return;
  const launchesMs = [...group.launchesMs, guest.statusSinceMs - guest.createdAtMs];
  state.tables.ScalingGroup.patch(group.id, { launchesMs: launchesMs.slice(-LAUNCHES_KEPT) });
}
