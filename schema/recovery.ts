import type { RecoveryPolicy as Policy } from "../src/model/entities.ts";
import { builder } from "./builder.ts";
import { Priority } from "./enums.ts";
import { Guest } from "./guest.ts";

const RecoveryPolicy = builder.objectRef<Policy>("RecoveryPolicy").implement({
  description: "How a guest comes back after a loss or a crash.",
  fields: (t) => ({
    priority: t.expose("priority", { type: Priority }),
    dependsOn: t.field({
      type: [Guest],
      description: "Guests that must run before this one starts.",
      resolve: (policy, _args, { loaders }) => loaders.entities("Guest", policy.dependsOn),
    }),
    maxRestarts: t.exposeInt("maxRestarts", {
      description: "Starts tried again on the same host before it is tried elsewhere.",
    }),
    maxRelocations: t.exposeInt("maxRelocations", {
      description: "Other hosts tried after that, before the guest is left in ERROR.",
    }),
    readyAfterSeconds: t.exposeFloat("readyAfterSeconds", {
      description: "How long it must have run before those that depend on it start.",
    }),
    preemptible: t.exposeBoolean("preemptible", {
      description: "May be stopped to make room for the recovery of a guest of higher priority.",
    }),
    failback: t.exposeBoolean("failback", {
      description: "Goes back to its home host when that one returns.",
    }),
  }),
});

builder.drizzleObjectField(Guest, "recovery", (t) =>
  t.expose("recovery", { type: RecoveryPolicy }),
);
