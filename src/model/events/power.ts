import { type EventSpec, event } from "./field-types.ts";

export const POWER_EVENTS = {
  HostMaintenanceRequested: event(
    "POWER",
    "NOTICE",
    "Host {host} is to be free of guests for maintenance",
    { host: "Host" },
  ),
  HostMaintenanceStarted: event("POWER", "NOTICE", "Host {host} is free of guests", {
    host: "Host",
  }),
  HostMaintenanceEnded: event("POWER", "NOTICE", "Host {host} is not in maintenance any more", {
    host: "Host",
  }),
  HostPowerRequested: event("POWER", "NOTICE", "{verb} of {host} requested; its guests: {policy}", {
    host: "Host",
    verb: "hostPowerVerb",
    policy: "shutdownPolicy?",
    definition: "hostPowerDefinition",
  }),
  HostEnteringStandby: event("POWER", "NOTICE", "{host} is to stand by: {because}", {
    host: "Host",
    guests: "int",
    savedWatts: "float",
    because: "string",
    definition: "hostPowerDefinition",
  }),
  HostLeavingStandby: event("POWER", "NOTICE", "{host} is woken: {because}", {
    host: "Host",
    because: "string",
    definition: "hostPowerDefinition",
  }),
  HostPowerSwitching: event("POWER", "NOTICE", "{verb} of {host} is under way", {
    host: "Host",
    verb: "hostPowerVerb",
    generation: "int",
  }),
  HostBooting: event("POWER", "INFO", "Host {host} boots", { host: "Host" }),
  HostPoweredOff: event("POWER", "NOTICE", "Host {host} is off", { host: "Host" }),
  HostPoweredOn: event("POWER", "NOTICE", "Host {host} is back after {verb}", {
    host: "Host",
    verb: "hostPowerVerb",
  }),
  HostPowerFailed: event("POWER", "ERROR", "{verb} of {host} failed: {error}", {
    host: "Host",
    verb: "hostPowerVerb",
    error: "string",
    inContact: "boolean",
    staysOff: "boolean",
  }),
  HostPowerCancelled: event("POWER", "NOTICE", "{verb} of {host} is called off", {
    host: "Host",
    verb: "hostPowerVerb",
  }),
} as const satisfies Record<string, EventSpec>;
