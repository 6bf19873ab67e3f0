import { type EventSpec, event } from "./field-types.ts";

export const LIFECYCLE_EVENTS = {
  GuestCreated: event("LIFECYCLE", "INFO", "Guest {guest} created", {
    guest: "Guest",
    definition: "guestDefinition",
  }),
  GuestChanged: event("LIFECYCLE", "INFO", "Guest {guest} changed: {changes}", {
    guest: "Guest",
    changes: "strings",
    definition: "guestPolicyDefinition",
  }),
  GuestStartRequested: event("LIFECYCLE", "INFO", "Start of {guest} requested", {
    guest: "Guest",
  }),
  GuestStopRequested: event("LIFECYCLE", "INFO", "Stop of {guest} requested", {
    guest: "Guest",
  }),
  GuestSuspendRequested: event("LIFECYCLE", "INFO", "Suspension of {guest} requested", {
    guest: "Guest",
  }),
  GuestResumeRequested: event("LIFECYCLE", "INFO", "Resumption of {guest} requested", {
    guest: "Guest",
  }),
  GuestDeleteRequested: event("LIFECYCLE", "INFO", "Deletion of {guest} requested", {
    guest: "Guest",
  }),
  GuestStarted: event("LIFECYCLE", "INFO", "{guest} runs on {host} after {bootMs} ms", {
    guest: "Guest",
    host: "Host",
    bootMs: "int",
    image: "Image",
    requestedAt: "time?",
  }),
  GuestStartFailed: event("LIFECYCLE", "WARNING", "{guest} did not start on {host}: {error}", {
    guest: "Guest",
    host: "Host",
    error: "string",
    restarts: "int",
    retryAt: "time?",
    giveUpHost: "boolean",
  }),
  GuestFailed: event("LIFECYCLE", "ERROR", "{guest} is left in error: {reasons}", {
    guest: "Guest",
    reasons: "reasons",
  }),
  GuestStopping: event("LIFECYCLE", "INFO", "{guest} stops on {host}", {
    guest: "Guest",
    host: "Host",
    generation: "int",
  }),
  GuestStopped: event("LIFECYCLE", "INFO", "{guest} stopped", { guest: "Guest", host: "Host?" }),
  GuestSuspending: event("LIFECYCLE", "INFO", "{guest} is being suspended on {host}", {
    guest: "Guest",
    host: "Host",
    generation: "int",
  }),
  GuestSuspended: event("LIFECYCLE", "INFO", "{guest} is suspended on {host}", {
    guest: "Guest",
    host: "Host",
  }),
  GuestResuming: event("LIFECYCLE", "INFO", "{guest} is being resumed on {host}", {
    guest: "Guest",
    host: "Host",
    generation: "int",
  }),
  GuestResumed: event("LIFECYCLE", "INFO", "{guest} runs again on {host}", {
    guest: "Guest",
    host: "Host",
  }),
  GuestRebooting: event("LIFECYCLE", "INFO", "{guest} reboots on {host}", {
    guest: "Guest",
    host: "Host",
    generation: "int",
  }),
  GuestRebooted: event("LIFECYCLE", "INFO", "{guest} is back on {host} after {downtimeMs} ms", {
    guest: "Guest",
    host: "Host",
    downtimeMs: "int",
  }),
  GuestResizing: event("LIFECYCLE", "INFO", "{guest} is being resized on {host}", {
    guest: "Guest",
    host: "Host",
    resources: "resources",
    flavor: "Flavor",
    generation: "int",
  }),
  GuestResized: event("LIFECYCLE", "INFO", "{guest} has its new size", {
    guest: "Guest",
    resources: "resources",
    flavor: "Flavor",
  }),
  GuestMigrationStarted: event(
    "LIFECYCLE",
    "INFO",
    "{guest} migrates from {fromHost} to {toHost}",
    {
      guest: "Guest",
      fromHost: "Host",
      toHost: "Host",
      placement: "placement",
      generation: "int",
      why: "moveReason?",
      because: "string?",
    },
  ),
  GuestMigrated: event(
    "LIFECYCLE",
    "INFO",
    "{guest} migrated from {fromHost} to {toHost} in {durationMs} ms, standing still for {downtimeMs} ms",
    { guest: "Guest", fromHost: "Host", toHost: "Host", durationMs: "int", downtimeMs: "int" },
  ),
  GuestMigrationFailed: event(
    "LIFECYCLE",
    "WARNING",
    "{guest} stays on {fromHost}, its migration to {toHost} failed: {error}",
    { guest: "Guest", fromHost: "Host", toHost: "Host?", error: "string", unsupported: "boolean" },
  ),
  GuestMigrationAbandoned: event(
    "LIFECYCLE",
    "WARNING",
    "The migration of {guest} from {fromHost} to {toHost} is called off: {because}",
    {
      guest: "Guest",
      fromHost: "Host",
      toHost: "Host",
      because: "string",
      unanswered: "boolean",
      generation: "int",
    },
  ),
  GuestMoveBlocked: event(
    "LIFECYCLE",
    "WARNING",
    "{guest} should leave {host} and cannot: {reasons}",
    { guest: "Guest", host: "Host", why: "moveReason", reasons: "reasons" },
  ),
  GuestMayStay: event("LIFECYCLE", "INFO", "{guest} need not leave {host} any more", {
    guest: "Guest",
    host: "Host",
  }),
  GuestRelocating: event(
    "LIFECYCLE",
    "NOTICE",
    "{guest} stops on {host}, where it can't stay, to start elsewhere",
    { guest: "Guest", host: "Host", why: "moveReason", generation: "int" },
  ),
  GuestReady: event("LIFECYCLE", "DEBUG", "{guest} is ready for those that depend on it", {
    guest: "Guest",
  }),
  GuestFreezing: event(
    "LIFECYCLE",
    "INFO",
    "{guest} stops with {host} and will come back with it",
    { guest: "Guest", host: "Host", generation: "int" },
  ),
  GuestFrozen: event("LIFECYCLE", "NOTICE", "{guest} is stopped and waits for {host}", {
    guest: "Guest",
    host: "Host",
  }),
  GuestThawed: event("LIFECYCLE", "INFO", "{guest} need not wait for {host} any more", {
    guest: "Guest",
    host: "Host",
  }),
  GuestActionFailed: event(
    "LIFECYCLE",
    "WARNING",
    "{action} of {guest} on {host} failed: {error}",
    { guest: "Guest", host: "Host", action: "string", error: "string", retryAt: "time?" },
  ),
  GuestActionRepeated: event(
    "LIFECYCLE",
    "WARNING",
    "{action} of {guest} on {host} has no answer yet and is repeated",
    { guest: "Guest", host: "Host", action: "string", generation: "int", next: "string?" },
  ),
  GuestStartAbandoned: event(
    "LIFECYCLE",
    "WARNING",
    "{guest} is stopped on {host}, which does not answer its start",
    { guest: "Guest", host: "Host", generation: "int" },
  ),
  GuestCrashed: event("LIFECYCLE", "ERROR", "{guest} crashed on {host}: {error}", {
    guest: "Guest",
    host: "Host",
    error: "string",
    restarts: "int",
    retryAt: "time?",
    giveUpHost: "boolean",
  }),
  GuestDeleted: event("LIFECYCLE", "NOTICE", "{guest} deleted", { guest: "Guest" }),
  OperationStarted: event("LIFECYCLE", "DEBUG", "{verb} of {target.name} begins", {
    operation: "Operation",
    target: "node",
    guest: "Guest?",
    host: "Host?",
    verb: "operationKind",
  }),
  OperationSucceeded: event("LIFECYCLE", "DEBUG", "{verb} of {target.name} succeeded", {
    operation: "Operation",
    target: "node",
    guest: "Guest?",
    host: "Host?",
    verb: "operationKind",
  }),
  OperationFailed: event("LIFECYCLE", "WARNING", "{verb} of {target.name} failed: {error}", {
    operation: "Operation",
    target: "node",
    guest: "Guest?",
    host: "Host?",
    verb: "operationKind",
    error: "string",
  }),
  OperationSuperseded: event("LIFECYCLE", "INFO", "{verb} of {target.name} gave way: {error}", {
    operation: "Operation",
    target: "node",
    guest: "Guest?",
    host: "Host?",
    verb: "operationKind",
    error: "string",
  }),
} as const satisfies Record<string, EventSpec>;
