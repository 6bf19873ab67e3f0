import type { GuestId } from "../../model/ids.ts";
import type { State } from "../state.ts";

/** Of so many the slowest is what the next ones are expected to take. */
const LAUNCHES_KEPT = 8;

/** A member serves for the first time: how long that took tells how far ahead its group has to look. */
export function noteLaunch(state: State, guestId: GuestId, atMs: number): void {
  const { membership, createdAtMs } = state.tables.Guest.get(guestId);
  const group = state.tables.ScalingGroup.find(membership?.groupId ?? 0);
  if (!group) return;
  const launchesMs = [...group.launchesMs, atMs - createdAtMs];
  state.tables.ScalingGroup.patch(group.id, { launchesMs: launchesMs.slice(-LAUNCHES_KEPT) });
}
