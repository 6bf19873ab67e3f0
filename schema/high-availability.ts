import { builder } from "./builder.ts";
import { commandMutation, cursorOf, type Done, idempotencyKey } from "./command.ts";
import { FleetSummary } from "./fleet.ts";
import { type FleetFacts, fleetFacts } from "./fleet-meta.ts";

type Facts = Pick<FleetFacts, "armed" | "contactLostAtMs">;

const HighAvailability = builder.objectRef<Facts>("HighAvailability").implement({
  description: "Whether the fleet looks after itself.",
  fields: (t) => ({
    enabled: t.exposeBoolean("armed", {
      description: "Disarmed, nothing is fenced or moved by itself.",
    }),
    contactLostSince: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "Since when every host is out of contact. The fault may be on this side, so nothing is fenced or restarted before one of them is heard of. Null when it isn't so.",
      resolve: ({ contactLostAtMs }) => contactLostAtMs,
    }),
  }),
});

builder.objectField(FleetSummary, "highAvailability", (t) =>
  t.expose("highAvailability", { type: HighAvailability }),
);

commandMutation({
  name: "setHighAvailability",
  description:
    "Arms or disarms the fleet, for planned work on its network: disarmed, nothing is fenced or moved by itself; armed again, every host is asked what runs on it before anything is done.",
  input: builder.inputType("SetHighAvailabilityInput", {
    fields: (t) => ({
      enabled: t.boolean({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: builder.objectRef<Done<"HIGH_AVAILABILITY">>("SetHighAvailabilityPayload").implement({
    fields: (t) => ({
      enabled: t.boolean({ resolve: ({ outcome }) => outcome.enabled }),
      highAvailability: t.field({
        type: HighAvailability,
        resolve: (_done, _args, { db }) => fleetFacts(db),
      }),
      cursor: t.field({
        type: "Cursor",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  }),
  outcome: "HIGH_AVAILABILITY",
  toCommand: ({ enabled }) => ({ kind: "SET_HIGH_AVAILABILITY", enabled }),
});
