import { type EventSpec, event } from "./field-types.ts";

export const CAPACITY_EVENTS = {
  GuestAllocationChanged: event("CAPACITY", "INFO", "Allocation of {guest} changed: {changes}", {
    guest: "Guest",
    changes: "strings",
    definition: "guestAllocationDefinition",
  }),
} as const satisfies Record<string, EventSpec>;
