import { type EventSpec, event } from "./field-types.ts";

export const PLACEMENT_EVENTS = {
  GuestPlaced: event("PLACEMENT", "INFO", "{guest} starts on {host}", {
    guest: "Guest",
    host: "Host",
    placement: "placement",
    generation: "int",
  }),
  GuestBlocked: event("PLACEMENT", "INFO", "{guest} cannot be as desired: {reasons}", {
    guest: "Guest",
    reasons: "reasons",
  }),
} as const satisfies Record<string, EventSpec>;
