import type { Guest } from "../../model/entities.ts";
import type { GuestId, HostId, OperationId, Seq } from "../../model/ids.ts";
import type { OperationKind } from "../../model/statuses.ts";
import type { Context } from "../context.ts";

/** Asked of a guest as it ran: when that one is gone, they have failed. */
export const NEED_A_RUNNING_GUEST: readonly OperationKind[] = [
  "REBOOT_GUEST",
  "RESIZE_GUEST",
  "MIGRATE_GUEST",
];

type Subject =
  | { readonly type: "Guest"; readonly id: GuestId }
  | { readonly type: "Host"; readonly id: HostId };

/** Opens an operation for what somebody asked for; one that still ran for the guest gives way to it. */
export function openOperation(
  ctx: Context,
  guestId: GuestId,
  verb: OperationKind,
  causeSeq: Seq | null,
): OperationId {
  const operation = open(ctx, { type: "Guest", id: guestId }, verb, causeSeq);
  ctx.touchedGuests.add(guestId);
  return operation;
}

/** The same for a host. */
export function openHostOperation(
  ctx: Context,
  hostId: HostId,
  verb: OperationKind,
  causeSeq: Seq | null,
): OperationId {
  return open(ctx, { type: "Host", id: hostId }, verb, causeSeq);
}

function open(
  ctx: Context,
  target: Subject,
  verb: OperationKind,
  causeSeq: Seq | null,
): OperationId {
  supersedeOperation(ctx, target.id, `${verb} was asked for`, causeSeq);
  const operation = ctx.newId<OperationId>();
  const guest = target.type === "Guest" ? target.id : null;
  const host = target.type === "Host" ? target.id : null;
  ctx.emitAsActor("OperationStarted", { operation, target, guest, host, verb }, causeSeq);
  return operation;
}

/** The operation that runs for a guest or host, as events tell of it. */
function running(ctx: Context, id: GuestId | HostId) {
  const operationId = ctx.state.indexes.runningOperation.get(id);
  if (operationId === undefined) return null;
  const { tables } = ctx.state;
  const { id: operation, kind: verb, hostId } = tables.Operation.get(operationId);
  const target: Subject =
    hostId === null ? { type: "Guest", id: id as GuestId } : { type: "Host", id: hostId };
  const guest = hostId === null ? (tables.Guest.find(id)?.id ?? null) : null;
  return { operation, target, guest, host: hostId, verb };
}

/** Something else is wanted of the guest or host now than what its operation, if it has one, works towards. */
export function supersedeOperation(
  ctx: Context,
  id: GuestId | HostId,
  error: string,
  causeSeq: Seq | null,
): void {
  const operation = running(ctx, id);
  if (operation) ctx.emit("OperationSuperseded", { ...operation, error }, causeSeq);
}

/** What the guest's state means for an operation of this kind; null while it goes on. */
function verdict(kind: OperationKind, guest: Guest): "SUCCEEDED" | null {
  if (guest.task !== null) return null;
  switch (kind) {
    case "START_GUEST":
    case "RESUME_GUEST":
      return guest.status === "RUNNING" ? "SUCCEEDED" : null;
    case "STOP_GUEST":
      return guest.status === "STOPPED" ? "SUCCEEDED" : null;
    case "SUSPEND_GUEST":
      return guest.status === "SUSPENDED" ? "SUCCEEDED" : null;
    default:
      return null;
  }
}

/** Closes the guest's operation when the guest has come to where it was to go. */
export function settleOperation(ctx: Context, guest: Guest): void {
  const id = ctx.state.indexes.runningOperation.get(guest.id);
  if (id === undefined) return;
  const operation = ctx.state.tables.Operation.get(id);
  if (guest.status === "ERROR") {
    const why = guest.blockedBy.map((reason) => reason.message).join("; ");
    failOperation(ctx, guest.id, why, guest.causeSeq);
  } else if (verdict(operation.kind, guest)) {
    succeedOperation(ctx, guest.id, guest.causeSeq);
  }
}

export function succeedOperation(ctx: Context, id: GuestId | HostId, causeSeq: Seq | null): void {
  const operation = running(ctx, id);
  if (operation) ctx.emit("OperationSucceeded", operation, causeSeq);
}

export function failOperation(
  ctx: Context,
  id: GuestId | HostId,
  error: string,
  causeSeq: Seq | null,
): void {
  const operation = running(ctx, id);
  if (operation) ctx.emit("OperationFailed", { ...operation, error }, causeSeq);
}

/** Done as it was asked for once, whatever else the guest is to become. */
export function succeedOperationOf(
  ctx: Context,
  guestId: GuestId,
  kinds: readonly OperationKind[],
  causeSeq: Seq,
): void {
  if (isRunning(ctx, guestId, kinds)) succeedOperation(ctx, guestId, causeSeq);
}

/** Fails the guest's operation if it is one of these, which what happened has made impossible. */
export function failOperationOf(
  ctx: Context,
  guestId: GuestId,
  kinds: readonly OperationKind[],
  error: string,
  causeSeq: Seq,
): void {
  if (isRunning(ctx, guestId, kinds)) failOperation(ctx, guestId, error, causeSeq);
}

function isRunning(ctx: Context, guestId: GuestId, kinds: readonly OperationKind[]): boolean {
  const id = ctx.state.indexes.runningOperation.get(guestId);
  return id !== undefined && kinds.includes(ctx.state.tables.Operation.get(id).kind);
}
