import type { Settings } from "../src/model/settings.ts";
import { builder } from "./builder.ts";
import { AutomationMode, ShutdownPolicy, Tolerance } from "./enums.ts";
import { fleetFacts } from "./fleet-meta.ts";

const FleetSettings = builder.objectRef<Settings>("FleetSettings").implement({
  description:
    "How the fleet is run. Changed by the `settings` of a fleet document. Times are in seconds of the fleet's clock.",
  fields: (t) =>
    ({
      shutdownPolicy: t.expose("shutdownPolicy", { type: ShutdownPolicy }),
      heartbeatSeconds: t.exposeFloat("heartbeatSeconds", {
        description: "How often each host is heard of.",
      }),
      suspectAfterSeconds: t.exposeFloat("suspectAfterSeconds", {
        description: "Silence after which a host is SUSPECT and gets no new guests.",
      }),
      fenceAfterSeconds: t.exposeFloat("fenceAfterSeconds", {
        description: "Silence after which a host is fenced.",
      }),
      watchdogSeconds: t.exposeFloat("watchdogSeconds", {
        description: "A host out of contact for this long kills its own guests.",
      }),
      fenceTimeoutSeconds: t.exposeFloat("fenceTimeoutSeconds", {
        description:
          "A driver that has not answered a fence for this long has failed it; the watchdog's time decides then.",
      }),
      actionTimeoutSeconds: t.exposeFloat("actionTimeoutSeconds", {
        description: "An order to a guest that has had no answer for this long is repeated.",
      }),
      retrySeconds: t.exposeFloat("retrySeconds", {
        description: "Wait before a failed start or a crash is tried again; doubles each time.",
      }),
      tolerate: t.expose("tolerate", {
        type: Tolerance,
        description: "The loss that room is kept free for; a zone can have its own.",
      }),
      startsPerHost: t.exposeInt("startsPerHost", {
        description: "Guests that boot on one host at a time.",
      }),
      migrationsPerHost: t.exposeInt("migrationsPerHost", {
        description: "Migrations to and from one host at a time.",
      }),
      cpuAllocationRatio: t.exposeFloat("cpuAllocationRatio", {
        description: "CPU given to guests per CPU that a host has.",
      }),
      memoryAllocationRatio: t.exposeFloat("memoryAllocationRatio", {
        description: "Memory given to guests per memory that a host has.",
      }),
      balanceOnStart: t.exposeBoolean("balanceOnStart", {
        description:
          "Choose the best host at each start instead of the one where the guest is at home.",
      }),
      failbackAfterSeconds: t.exposeFloat("failbackAfterSeconds", {
        description: "A host must have been up for this long before guests go back to it.",
      }),
      flapWindowSeconds: t.exposeFloat("flapWindowSeconds", {
        description:
          "A host that loses contact again within this long after it came back is flapping.",
      }),
      holdOffSeconds: t.exposeFloat("holdOffSeconds", {
        description:
          "How long a host that flaps gets no guests after it is back; doubles with each flap.",
      }),
      hostBootTimeoutSeconds: t.exposeFloat("hostBootTimeoutSeconds", {
        description:
          "A host that was asked to reboot or to power on and is not heard of for this long has failed to.",
      }),
      balancing: t.expose("balancing", {
        type: AutomationMode,
        description:
          "Whether guests are moved off hosts that are asked for more CPU than they should give.",
      }),
      powerManagement: t.expose("powerManagement", {
        type: AutomationMode,
        description:
          "Whether guests are gathered on few hosts, and hosts without guests put in STANDBY until they are needed.",
      }),
      balanceEverySeconds: t.exposeFloat("balanceEverySeconds", {
        description: "How often both are thought over; demand is averaged over as long.",
      }),
      balanceAtUtilization: t.exposeFloat("balanceAtUtilization", {
        description:
          "The share of a host's CPU that its guests may ask for before some are moved, 0 to 1.",
      }),
      standbyAfterSeconds: t.exposeFloat("standbyAfterSeconds", {
        description: "How long a host must have been up before it can be put in STANDBY.",
      }),
      standbyHeadroom: t.exposeFloat("standbyHeadroom", {
        description:
          "CPU kept free on hosts that are up, as a share of what guests are expected to ask for.",
      }),
      batterySeconds: t.exposeFloat("batterySeconds", {
        description: "Simulated zones: how long batteries carry a zone without power.",
      }),
      overheatSeconds: t.exposeFloat("overheatSeconds", {
        description: "Simulated zones: how long a loaded host runs without cooling.",
      }),
      usageSampleSeconds: t.exposeFloat("usageSampleSeconds", {
        description: "How often guests' usage is sampled.",
      }),
    }) satisfies Record<keyof Settings, unknown>,
});

builder.queryField("settings", (t) =>
  t.field({
    type: FleetSettings,
    description: "How the fleet is run.",
    resolve: (_root, _args, { db }) => fleetFacts(db).settings,
  }),
);
