import type { Guest } from "../../model/entities.ts";
import { companyOf } from "../placement/company.ts";
import { type Subject, subjectForAll } from "../placement/subject.ts";
import type { State } from "../state.ts";

/** Waiting guests that strict rules bind to one host: they start where all of them have room. */

/** Those that are bound together come right after the first of them, before others take their room. */
export function inCompanies(state: State, guests: readonly Guest[]): Iterable<Guest> {
  if (guests.every(({ id }) => state.indexes.rules.rulesOf(id).length === 0)) return guests;
  const waiting = new Map(guests.map((guest) => [guest.id, guest]));
  const ordered = new Set<Guest>();
  for (const guest of guests) {
    ordered.add(guest);
    if (state.indexes.rules.rulesOf(guest.id).length === 0) continue;
    for (const { id } of companyOf(state, guest.id)) {
      const other = waiting.get(id);
      if (other) ordered.add(other);
    }
  }
  return ordered;
}

/** The others of its company that wait as well. */
export function othersThatWait(state: State, { id: guestId }: Guest): Guest[] {
  if (state.indexes.rules.rulesOf(guestId).length === 0) return [];
  const company = companyOf(state, guestId);
  return company.filter(({ id }) => id !== guestId && state.indexes.waiting.has(id));
}

/** The guest and all of its company that waits; null when it waits alone. */
export function subjectWithCompany(state: State, guest: Guest): Subject | null {
  const others = othersThatWait(state, guest);
  return others.length > 0 ? subjectForAll(state, [guest, ...others]) : null;
}
