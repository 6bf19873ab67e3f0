import type { Guest } from "../../model/entities.ts";
import type { GuestId, OperationId, Seq } from "../../model/ids.ts";
import type { OperationKind } from "../../model/statuses.ts";
import type { Context } from "../context.ts";

/** Asked of a guest as it ran: when that one is gone, they have failed. */
export const NEED_A_RUNNING_GUEST: readonly OperationKind[] = [
  "REBOOT_GUEST",
  "RESIZE_GUEST",
  "MIGRATE_GUEST",
];

/** Opens an operation for what somebody asked for; one that still ran for the guest gives way to it. */
export function openOperation(
  ctx: Context,
  guestId: GuestId,
  verb: OperationKind,
  causeSeq: Seq | null,
): OperationId {
  supersedeOperation(ctx, guestId, `${verb} was asked for`, causeSeq);
  const operation = ctx.newId<OperationId>();
  const target = { type: "Guest" as const, id: guestId };
  ctx.emitAsActor(
    "OperationStarted",
    { operation, target, guest: guestId, host: null, verb },
    causeSeq,
  );
  ctx.touchedGuests.add(guestId);
  return operation;
}

/** Something else is wanted of the guest now than what its operation, if it has one, works towards. */
export function supersedeOperation(
  ctx: Context,
  guestId: GuestId,
  error: string,
  causeSeq: Seq | null,
): void {
  const id = ctx.state.indexes.runningOperation.get(guestId);
  if (id === undefined) return;
  const { id: operation, kind: verb } = ctx.state.tables.Operation.get(id);
  const target = { type: "Guest" as const, id: guestId };
  ctx.emit(
    "OperationSuperseded",
    { operation, target, guest: guestId, host: null, verb, error },
    causeSeq,
  );
}

/** What the guest's state means for an operation of this kind; null while it goes on. */
function verdict(kind: OperationKind, guest: Guest): "SUCCEEDED" | null {
  if (guest.task !== null) return null;
  switch (kind) {
    case "START_GUEST":
    case "RESUME_GUEST":
    case "REBOOT_GUEST":
    case "RESIZE_GUEST":
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

export function succeedOperation(ctx: Context, guestId: GuestId, causeSeq: Seq): void {
  const id = ctx.state.indexes.runningOperation.get(guestId);
  if (id === undefined) return;
  const { id: operation, kind: verb } = ctx.state.tables.Operation.get(id);
  const guest = ctx.state.tables.Guest.find(guestId)?.id ?? null;
  const target = { type: "Guest" as const, id: guestId };
  ctx.emit("OperationSucceeded", { operation, target, guest, host: null, verb }, causeSeq);
}

export function failOperation(ctx: Context, guestId: GuestId, error: string, causeSeq: Seq): void {
  const id = ctx.state.indexes.runningOperation.get(guestId);
  if (id === undefined) return;
  const { id: operation, kind: verb } = ctx.state.tables.Operation.get(id);
  const guest = ctx.state.tables.Guest.find(guestId)?.id ?? null;
  const target = { type: "Guest" as const, id: guestId };
  ctx.emit("OperationFailed", { operation, target, guest, host: null, verb, error }, causeSeq);
}

/** Fails the guest's operation if it is one of these, which what happened has made impossible. */
export function failOperationOf(
  ctx: Context,
  guestId: GuestId,
  kinds: readonly OperationKind[],
  error: string,
  causeSeq: Seq,
): void {
  const id = ctx.state.indexes.runningOperation.get(guestId);
  if (id === undefined || !kinds.includes(ctx.state.tables.Operation.get(id).kind)) return;
  failOperation(ctx, guestId, error, causeSeq);
}
