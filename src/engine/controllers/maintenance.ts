import type { Command, Outcome } from "../../model/commands.ts";
import type { Host } from "../../model/entities.ts";
import type { HostId, OperationId } from "../../model/ids.ts";
import type { OperationKind } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { isUnheard } from "../host-conditions.ts";
import { notFound } from "../refusal.ts";
import { openHostOperation, succeedOperation, supersedeOperation } from "./operations.ts";

/**
 * Maintenance: a host is to be free of guests until it is asked back. Moving them is left to those
 * who move guests; here it is only seen to that the wish is kept, and told when the host is free.
 */

export function findHost(ctx: Context, hostId: HostId): Host {
  const host = ctx.state.tables.Host.find(hostId);
  if (!host) throw notFound("There is no such host.", ["hostId"]);
  return host;
}

/** The operation that runs for the host, if any; if it must be of one kind, of that. */
export function operationOn(ctx: Context, host: Host, kind?: OperationKind): OperationId | null {
  const id = ctx.state.indexes.runningOperation.get(host.id);
  if (id === undefined) return null;
  const operation = ctx.state.tables.Operation.get(id);
  return kind === undefined || operation.kind === kind ? operation.id : null;
}

export function setMaintenance(
  ctx: Context,
  { hostId, enabled }: Extract<Command, { kind: "SET_MAINTENANCE" }>,
): Outcome {
  const host = findHost(ctx, hostId);
  const outcome = (operationId: OperationId | null) =>
    ({ kind: "HOST", hostId, operationId }) as const;
  const drain = operationOn(ctx, host, "MAINTAIN_HOST");
  if (host.maintenance === enabled) return outcome(enabled ? drain : null);
  if (!enabled) {
    const seq = ctx.emitAsActor("HostMaintenanceEnded", { host: hostId }, null);
    if (drain !== null) supersedeOperation(ctx, hostId, "the host was asked back", seq);
    return outcome(null);
  }
  const seq = ctx.emitAsActor("HostMaintenanceRequested", { host: hostId }, null);
  // A reboot or shutdown that is under way goes on, and is what there is to wait for.
  const power = operationOn(ctx, host);
  return outcome(power ?? openHostOperation(ctx, hostId, "MAINTAIN_HOST", seq));
}

/** Says so when the host is free of guests. */
export function attendMaintenance(ctx: Context, host: Host): void {
  if (!host.maintenance || isUnheard(host)) return;
  if (ctx.state.indexes.guestsOnHost.count(host.id) > 0) return;
  if (host.status === "DRAINING" && host.power === null)
    ctx.emit("HostMaintenanceStarted", { host: host.id }, host.causeSeq);
  if (operationOn(ctx, host, "MAINTAIN_HOST") === null) return;
  succeedOperation(ctx, host.id, ctx.state.tables.Host.get(host.id).causeSeq);
}
