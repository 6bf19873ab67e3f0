import { setImmediate as nextTurn } from "node:timers/promises";
import { cursorExpired } from "../../../schema/cursor.ts";
import type { Seq } from "../../model/ids.ts";
import { CursorExpired, type Feed, type FollowOptions } from "../../runtime/ports.ts";

/**
 * The feed, with retention's overtaking told as GraphQL tells errors. There is a pause after each batch,
 * unless told otherwise until the next turn of the loop: a burst leaves everybody else their turn, and what
 * comes meanwhile is read together.
 */
export async function* followLog(
  feed: Feed,
  after: Seq,
  options: FollowOptions,
  pause: () => Promise<void> = nextTurn,
) {
  try {
    for await (const events of feed.follow(after, options)) {
      yield events;
      await pause();
    }
  } catch (error) {
    if (!(error instanceof CursorExpired)) throw error;
    throw cursorExpired(feed.epoch, error.earliestSeq);
  }
}
