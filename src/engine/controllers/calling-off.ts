import type { Guest } from "../../model/entities.ts";
import type { Context } from "../context.ts";
import { isWanted } from "../guest-conditions.ts";
import { isUnheard } from "../host-conditions.ts";

/**
 * Migrations that are called off: those that have no answer in time, and those of guests that are to
 * stop. The guest runs where it is all the while; the driver answers for the migration as ever, and
 * that settles it. Until then the order to call it off is repeated.
 */

export function callOffMigration(ctx: Context, guest: Guest): void {
  const { id, hostId: fromHost, targetHostId: toHost, task } = guest;
  if (task === null || fromHost === null || toHost === null) return;
  const unanswered = task.deadlineMs <= ctx.nowMs;
  const because = unanswered ? "it has no answer" : "the guest is to stop";
  const { seq, generation } = task;
  const payload = { guest: id, fromHost, toHost, because, unanswered, generation };
  ctx.emit("GuestMigrationAbandoned", payload, seq);
}

/** Nobody wants any more that it arrives. */
export function endUnwantedMigration(ctx: Context, guest: Guest): void {
  const { task, hostId } = guest;
  if (task?.kind !== "MIGRATE" || task.calledOff || isWanted(guest) || hostId === null) return;
  if (!isUnheard(ctx.state.tables.Host.get(hostId))) callOffMigration(ctx, guest);
}

/** What came of a migration that was called off, in words for those who wanted it. */
export function whyCalledOff({ task }: Guest): string | null {
  if (!task?.calledOff) return null;
  return task.calledOff === "UNWANTED"
    ? "it was called off, for the guest is to stop"
    : "it had no answer and was called off; is the storage of both hosts well?";
}
