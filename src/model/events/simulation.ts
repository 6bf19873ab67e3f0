import { type EventSpec, event } from "./field-types.ts";

export const SIMULATION_EVENTS = {
  FaultInjected: event("SIMULATION", "NOTICE", "Fault {fault} on {target}", {
    target: "node",
    fault: "faultKind",
    until: "time?",
    definition: "faultDefinition",
  }),
  FaultCleared: event("SIMULATION", "NOTICE", "Fault {fault} on {target} cleared", {
    target: "node",
    fault: "faultKind",
    faultId: "int",
  }),
  ClockAdvanced: event("SIMULATION", "DEBUG", "The clock moved {seconds} s", { seconds: "float" }),
} as const satisfies Record<string, EventSpec>;
