import { type EventSpec, event } from "./field-types.ts";

export const HIGH_AVAILABILITY_EVENTS = {
  HostUp: event("HIGH_AVAILABILITY", "NOTICE", "Host {host} is up", { host: "Host" }),
  HostSuspected: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} has been silent for {silentMs} ms",
    { host: "Host", lastSeenAt: "time", silentMs: "int" },
  ),
  HostContactRestored: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "Host {host} is heard of again after {silentMs} ms",
    { host: "Host", silentMs: "int" },
  ),
  HostFenceRequested: event("HIGH_AVAILABILITY", "WARNING", "Fence of host {host} requested", {
    host: "Host",
    lastSeenAt: "time",
  }),
  HostFencing: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} is being fenced after {silentMs} ms of silence",
    { host: "Host", generation: "int", silentMs: "int" },
  ),
  HostFenceFailed: event(
    "HIGH_AVAILABILITY",
    "ERROR",
    "Host {host} could not be fenced ({error}); {next}",
    { host: "Host", error: "string", next: "string", provenDeadAt: "time?" },
  ),
  HostFenced: event("HIGH_AVAILABILITY", "NOTICE", "Host {host} is proven dead by {method}", {
    host: "Host",
    method: "fenceMethod",
  }),
  HostDown: event("HIGH_AVAILABILITY", "ERROR", "Host {host} is down with {guestsLost|guest}", {
    host: "Host",
    guestsLost: "int",
  }),
  HostProbed: event("HIGH_AVAILABILITY", "NOTICE", "{by} says of silent host {host}: {opinion}", {
    host: "Host",
    opinion: "opinion",
    by: "opinionSource",
  }),
  HostHeldOff: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} has lost contact {flaps} times and gets no guests until {until}",
    { host: "Host", flaps: "int", until: "time" },
  ),
  HostNotAnswering: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} has not answered the start that it was given at {orderedAt} and gets no guests until {until} or an answer",
    { host: "Host", orderedAt: "time", until: "time" },
  ),
  HostAnswered: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "Host {host} has answered the start of a guest again",
    { host: "Host" },
  ),
  HostReleased: event("HIGH_AVAILABILITY", "NOTICE", "Host {host} takes guests again", {
    host: "Host",
  }),
  ContactLost: event(
    "HIGH_AVAILABILITY",
    "CRITICAL",
    "All {hosts|host} are out of contact: nothing is fenced or restarted until one is heard of",
    { hosts: "int" },
  ),
  ContactRestored: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "Host {host} is the first to be heard of after {silentMs} ms without contact to any",
    { host: "Host", silentMs: "int" },
  ),
  HighAvailabilityDisarmed: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "High availability is disarmed: nothing is fenced or moved until it is armed again",
    {},
  ),
  HighAvailabilityArmed: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "High availability is armed; what runs there is asked of {hosts|host}",
    { hosts: "int" },
  ),
  StockTaken: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "Stock is taken of {hosts|host} in contact: what was lost is recovered",
    { hosts: "int" },
  ),
  HostStockTaken: event("HIGH_AVAILABILITY", "DEBUG", "Host {host} runs {guests|guest}", {
    host: "Host",
    guests: "int",
  }),
  IncidentOpened: event("HIGH_AVAILABILITY", "ERROR", "An incident begins: {what}", {
    scope: "node",
    incident: "Incident",
    what: "string",
    hits: "incidentHitsDefinition",
    definition: "incidentDefinition",
  }),
  IncidentChanged: event("HIGH_AVAILABILITY", "INFO", "The incident grows: {what}", {
    scope: "node",
    incident: "Incident",
    what: "string",
    hits: "incidentHitsDefinition",
    definition: "incidentDefinition",
  }),
  IncidentResolved: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "The incident of {scope} is over after {durationMs} ms: it took {hostsLost|host} and {guestsLost|guest}",
    {
      scope: "node",
      incident: "Incident",
      hostsLost: "int",
      guestsLost: "int",
      durationMs: "int",
      definition: "incidentDefinition",
    },
  ),
  ZoneUtilityLost: event("HIGH_AVAILABILITY", "ERROR", "Zone {zone} has lost its {utility}", {
    zone: "Zone",
    utility: "utility",
  }),
  ZoneUtilityRestored: event("HIGH_AVAILABILITY", "NOTICE", "Zone {zone} has its {utility} back", {
    zone: "Zone",
    utility: "utility",
  }),
  ZoneDegraded: event("HIGH_AVAILABILITY", "WARNING", "Zone {zone} is degraded: {why}", {
    zone: "Zone",
    why: "strings",
  }),
  ZoneDown: event("HIGH_AVAILABILITY", "CRITICAL", "Zone {zone} is down: {why}", {
    zone: "Zone",
    why: "strings",
  }),
  ZoneRestored: event("HIGH_AVAILABILITY", "NOTICE", "Zone {zone} is healthy again", {
    zone: "Zone",
  }),
  DecisionFailed: event(
    "HIGH_AVAILABILITY",
    "CRITICAL",
    "The engine failed on {input} and changed nothing: {error}",
    { input: "string", error: "string" },
  ),
} as const satisfies Record<string, EventSpec>;
