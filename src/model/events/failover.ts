import { type EventSpec, event } from "./field-types.ts";

export const FAILOVER_EVENTS = {
  GuestPreempted: event(
    "FAILOVER",
    "WARNING",
    "{guest} stops on {host} to make room for the recovery of {preemptor}",
    { guest: "Guest", host: "Host", preemptor: "Guest", generation: "int" },
  ),
  FailoverStarted: event(
    "FAILOVER",
    "ERROR",
    "Loss of {scope} with {guestsAffected|guest}; failover begins",
    { scope: "node", domain: "failureDomain", failover: "Failover", guestsAffected: "int" },
  ),
  GuestLost: event("FAILOVER", "ERROR", "{guest} was lost with {host}", {
    guest: "Guest",
    host: "Host",
    lastSeenAt: "time",
    failover: "Failover?",
  }),
  GuestRecovering: event("FAILOVER", "NOTICE", "{guest} recovers on {toHost}", {
    guest: "Guest",
    fromHost: "Host",
    toHost: "Host",
    placement: "placement",
    generation: "int",
  }),
  GuestFailedOver: event(
    "FAILOVER",
    "NOTICE",
    "{guest} failed over from {fromHost} to {toHost}; it was down for {downtimeMs} ms",
    {
      guest: "Guest",
      fromHost: "Host",
      toHost: "Host",
      downtimeMs: "int",
      failover: "Failover?",
      image: "Image",
      requestedAt: "time?",
    },
  ),
  GuestRecoveryBlocked: event("FAILOVER", "ERROR", "{guest} cannot recover: {reasons}", {
    guest: "Guest",
    reasons: "reasons",
    failover: "Failover?",
  }),
  FailoverCompleted: event(
    "FAILOVER",
    "NOTICE",
    "Failover of {scope} completed in {durationMs} ms: {guestsRecovered|guest} recovered, {guestsUnrecovered} not",
    {
      scope: "node",
      domain: "failureDomain",
      failover: "Failover",
      guestsRecovered: "int",
      guestsUnrecovered: "int",
      durationMs: "int",
    },
  ),
  StaleGuestRemoved: event(
    "FAILOVER",
    "WARNING",
    "A stale copy of guest {guestName} is removed from {host}",
    { host: "Host", guest: "Guest?", guestName: "string" },
  ),
} as const satisfies Record<string, EventSpec>;
