import type { AnsweredActionKind } from "../../model/actions.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import type { Copy, Progress, World } from "./world.ts";

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

export function answerFailed(world: World, asked: Asked, error: string): void {
  const { kind: action, guestId, hostId, generation } = asked;
  world.emit({ kind: "ACTION_FAILED", action, guestId, hostId, generation, error });
}
