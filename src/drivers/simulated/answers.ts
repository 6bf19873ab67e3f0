import type { AnsweredActionKind } from "../../model/actions.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import { type Copy, KEYS, type Progress, type World } from "./world.ts";

/** The parts of an action that its answer brings back. */
export interface Asked {
  readonly kind: AnsweredActionKind;
  readonly guestId: GuestId | null;
  readonly hostId: HostId;
  readonly generation: number;
}

export function askedBy(copy: Copy, progress: Progress): Asked {
  const { guestId, hostId } = copy;
  return { kind: progress.kind, guestId, hostId, generation: progress.generation };
}

export function answerDone(world: World, asked: Asked, downtimeMs?: number): void {
  const { kind: action, guestId, hostId, generation } = asked;
  const answer = { kind: "ACTION_DONE", action, guestId, hostId, generation } as const;
  world.emit(downtimeMs === undefined ? answer : { ...answer, downtimeMs });
}

/**
 * What failed has failed: were the same order tried once more when it is repeated, the answer to the
 * first try could arrive while the second one succeeds.
 */
export function answerFailed(world: World, asked: Asked, error: string): void {
  const { kind: action, guestId, hostId, generation } = asked;
  const guest = guestId === null ? undefined : world.guests.get(guestId);
  if (guest) {
    guest.failure = { generation, error };
    world.changedKeys.add(KEYS.guest(guest.id));
  }
  world.emit({ kind: "ACTION_FAILED", action, guestId, hostId, generation, error });
}
