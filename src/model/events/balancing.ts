import { type EventSpec, event } from "./field-types.ts";

export const BALANCING_EVENTS = {
  HostOverloaded: event(
    "BALANCING",
    "NOTICE",
    "{host} is asked for {demandCores} cores and should give no more than {limitCores}",
    { host: "Host", demandCores: "float", limitCores: "float" },
  ),
  BalancingHeld: event("BALANCING", "WARNING", "{host} stays overloaded: {reasons}", {
    host: "Host",
    reasons: "reasons",
  }),
  HostRelieved: event(
    "BALANCING",
    "INFO",
    "{host} is asked for {demandCores} of the {limitCores} cores that it should give",
    { host: "Host", demandCores: "float", limitCores: "float" },
  ),
  RecommendationMade: event("BALANCING", "NOTICE", "{advice} of {host} is recommended: {because}", {
    host: "Host",
    advice: "recommendationKind",
    toHost: "Host?",
    because: "string",
    recommendation: "Recommendation",
    definition: "recommendationDefinition",
  }),
  RecommendationApplied: event("BALANCING", "NOTICE", "{advice} of {host} is done as recommended", {
    host: "Host",
    advice: "recommendationKind",
    recommendation: "Recommendation",
  }),
  RecommendationWithdrawn: event(
    "BALANCING",
    "INFO",
    "{advice} of {host} is not recommended any more",
    {
      host: "Host",
      advice: "recommendationKind",
      recommendation: "Recommendation",
    },
  ),
} as const satisfies Record<string, EventSpec>;
