import type { Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { Context } from "../context.ts";
import { conflict, notFound } from "../refusal.ts";

/** The guest that a command is about; one that is on its way out takes no more commands. */
export function findGuest(ctx: Context, guestId: GuestId): Guest {
  const guest = ctx.state.tables.Guest.find(guestId);
  if (!guest) throw notFound("There is no such guest.", ["guestId"]);
  if (guest.deleting) throw conflict(`Guest ${guest.name} is being deleted.`, ["guestId"]);
  return guest;
}
