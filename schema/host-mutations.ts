import { builder } from "./builder.ts";
import {
  commandMutation,
  cursorOf,
  type Done,
  idempotencyKey,
  inputId,
  refuse,
} from "./command.ts";
import { Host } from "./host.ts";
import { globalId } from "./ids.ts";
import { Operation } from "./operation.ts";

function payload(name: string) {
  return builder.objectRef<Done<"HOST">>(name).implement({
    fields: (t) => ({
      hostId: t.id({ resolve: ({ outcome }) => globalId("Host", outcome.hostId) }),
      host: t.field({
        type: Host,
        nullable: true,
        description: "Null when it has been removed since.",
        resolve: ({ outcome }, _args, { loaders }) => loaders.entity("Host", outcome.hostId),
      }),
      operation: t.field({
        type: Operation,
        nullable: true,
        description: "Where the work goes on; null when there is none left to do.",
        resolve: ({ outcome }, _args, { loaders }) =>
          loaders.entity("Operation", outcome.operationId),
      }),
      cursor: t.field({
        type: "Cursor",
        description: "The log position that holds all that this did: events go on after it.",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  });
}

commandMutation({
  name: "setMaintenance",
  description:
    "Empties a host, by live migration where that can be, and keeps it empty until it is asked back; the guests then return if their `failback` says so. A guest with no legal place stays and says why (`moveBlockedBy`).",
  input: builder.inputType("SetMaintenanceInput", {
    fields: (t) => ({
      hostId: t.id({ required: true }),
      enabled: t.boolean({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("SetMaintenancePayload"),
  outcome: "HOST",
  toCommand: ({ hostId, enabled }) => ({
    kind: "SET_MAINTENANCE",
    hostId: inputId("Host", hostId, "hostId"),
    enabled,
  }),
});

commandMutation({
  name: "confirmHostDead",
  description:
    "States that a silent host (SUSPECT or FENCING) is off for certain, where neither a fence nor its watchdog can prove it. It is taken for dead at once and its guests start elsewhere. Nothing checks the statement: where it is false, guests run twice until the host is heard of again.",
  input: builder.inputType("ConfirmHostDeadInput", {
    fields: (t) => ({
      hostId: t.id({ required: true }),
      isOff: t.boolean({
        required: true,
        description:
          "The statement itself: the host has no power, or is gone for good. Nothing else than `true` is taken.",
      }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("ConfirmHostDeadPayload"),
  outcome: "HOST",
  toCommand: ({ hostId, isOff }) => {
    if (!isOff)
      throw refuse(
        "INVALID_INPUT",
        "Only a host that is off for certain can be confirmed dead: say `isOff: true` if it is.",
        "isOff",
      );
    return { kind: "CONFIRM_HOST_DEAD", hostId: inputId("Host", hostId, "hostId") };
  },
});

const HostActionInput = builder.inputType("HostActionInput", {
  fields: (t) => ({
    hostId: t.id({ required: true }),
    idempotencyKey: t.string(idempotencyKey),
  }),
});

function hostVerb(
  name: string,
  kind: "REBOOT_HOST" | "SHUTDOWN_HOST" | "POWER_ON_HOST" | "FENCE_HOST",
  description: string,
): void {
  commandMutation({
    name,
    description,
    input: HostActionInput,
    payload: payload(`${name[0]?.toUpperCase()}${name.slice(1)}Payload`),
    outcome: "HOST",
    toCommand: ({ hostId }) => ({ kind, hostId: inputId("Host", hostId, "hostId") }),
  });
}

hostVerb(
  "rebootHost",
  "REBOOT_HOST",
  "Boots a host anew. What becomes of its guests meanwhile, `settings.shutdownPolicy` says.",
);
hostVerb(
  "shutdownHost",
  "SHUTDOWN_HOST",
  "Switches a host off, until powerOnHost. What becomes of its guests, `settings.shutdownPolicy` says.",
);
hostVerb("powerOnHost", "POWER_ON_HOST", "Switches a host on that was shut down.");
hostVerb(
  "fenceHost",
  "FENCE_HOST",
  "Has a host proven dead that is heard of but not well, as one that answers no order (`unansweredSince`): its management controller cuts it off from power, and its guests start elsewhere once that is confirmed. What runs there and is well is cut off, too. It boots anew after that and takes guests again, unless it is in maintenance. If the fence fails, it stays as it is.",
);
