import type { Command, Outcome } from "../../model/commands.ts";
import type { Context } from "../context.ts";

/**
 * Arming: disarmed, nothing is fenced, recovered or moved by itself, for planned work on the network.
 * Armed again, every host is asked what runs on it, and silences count from then on.
 */
export function setHighAvailability(
  ctx: Context,
  { enabled }: Extract<Command, { kind: "SET_HIGH_AVAILABILITY" }>,
): Outcome {
  const { meta, tables } = ctx.state;
  if (enabled && !meta.armed)
    ctx.emitAsActor("HighAvailabilityArmed", { hosts: tables.Host.size }, null);
  else if (!enabled && meta.armed) ctx.emitAsActor("HighAvailabilityDisarmed", {}, null);
  return { kind: "HIGH_AVAILABILITY", enabled };
}

/** Hosts have had the time to tell what runs on them since they could be asked again. */
export function endStockTaking(ctx: Context): void {
  const { meta, indexes } = ctx.state;
  if (meta.stockDueAtMs !== null && meta.stockDueAtMs <= ctx.nowMs)
    ctx.emit("StockTaken", { hosts: indexes.watched.size }, null);
}
