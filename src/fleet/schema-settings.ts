import { DEFAULT_SETTINGS, type Settings } from "../model/settings.ts";
import { AUTOMATION_MODES, SHUTDOWN_POLICIES } from "../model/statuses.ts";
import { integer, number, object, oneOf, type Schema } from "./schema-kinds.ts";
import { TOLERATE } from "./tolerate.ts";

const DAY = 86_400;

/** A time in seconds, between bounds that a running fleet can live with. */
function seconds(key: keyof Settings, minimum: number, maximum: number, description: string) {
  return number(minimum, maximum, { description, default: DEFAULT_SETTINGS[key] });
}

const settings: { readonly [Key in keyof Settings]: Schema } = {
  shutdownPolicy: oneOf(SHUTDOWN_POLICIES, {
    description:
      "What becomes of a host's guests when it is shut down or rebooted by request. FREEZE: they wait for it. FAILOVER: they restart elsewhere. MIGRATE: they move away first. CONDITIONAL: freeze for a reboot, fail over for a shutdown.",
    default: DEFAULT_SETTINGS.shutdownPolicy,
  }),
  heartbeatSeconds: seconds("heartbeatSeconds", 0.1, 3600, "How often each host is heard of."),
  suspectAfterSeconds: seconds(
    "suspectAfterSeconds",
    0.1,
    DAY,
    "Silence after which a host is SUSPECT and gets no new guests. At least twice heartbeatSeconds.",
  ),
  fenceAfterSeconds: seconds(
    "fenceAfterSeconds",
    0.1,
    DAY,
    "Silence after which a host is fenced and its guests restart elsewhere. More than suspectAfterSeconds.",
  ),
  watchdogSeconds: seconds(
    "watchdogSeconds",
    0.1,
    DAY,
    "A host out of contact for this long kills its own guests. More than heartbeatSeconds.",
  ),
  balanceOnStart: {
    type: "boolean",
    description:
      "Choose the best host at each start instead of the one where the guest is at home.",
    default: DEFAULT_SETTINGS.balanceOnStart,
  },
  batterySeconds: seconds(
    "batterySeconds",
    0,
    DAY,
    "Simulated zones: how long batteries carry a zone that has lost its power.",
  ),
  overheatSeconds: seconds(
    "overheatSeconds",
    0.1,
    DAY,
    "Simulated zones: how long a fully loaded host runs without cooling before it trips; idle hosts last four times as long.",
  ),
  usageSampleSeconds: seconds(
    "usageSampleSeconds",
    0.1,
    DAY,
    "How often guests' usage is sampled.",
  ),
  actionTimeoutSeconds: seconds(
    "actionTimeoutSeconds",
    0.1,
    DAY,
    "A driver that has not answered a guest action for this long has failed it.",
  ),
  fenceTimeoutSeconds: seconds(
    "fenceTimeoutSeconds",
    0.1,
    DAY,
    "A driver that has not answered a fence for this long has failed it; the watchdog's time decides then.",
  ),
  retrySeconds: seconds(
    "retrySeconds",
    0.1,
    DAY,
    "Wait before a failed start or a crash is tried again; doubles each time, up to a minute.",
  ),
  tolerate: TOLERATE,
  startsPerHost: integer(1, 1000, {
    description: "Guests that boot on one host at a time.",
    default: DEFAULT_SETTINGS.startsPerHost,
  }),
  migrationsPerHost: integer(1, 1000, {
    description: "Migrations to and from one host at a time.",
    default: DEFAULT_SETTINGS.migrationsPerHost,
  }),
  cpuAllocationRatio: number(0.1, 100, {
    description: "CPU given to guests per CPU that a host has. More than 1 overcommits.",
    default: DEFAULT_SETTINGS.cpuAllocationRatio,
  }),
  memoryAllocationRatio: number(0.1, 100, {
    description: "Memory given to guests per memory that a host has. More than 1 overcommits.",
    default: DEFAULT_SETTINGS.memoryAllocationRatio,
  }),
  failbackAfterSeconds: seconds(
    "failbackAfterSeconds",
    0,
    DAY,
    "A host must have been up for this long before guests go back to it.",
  ),
  flapWindowSeconds: seconds(
    "flapWindowSeconds",
    0,
    DAY,
    "A host that loses contact again within this long after it came back is flapping.",
  ),
  holdOffSeconds: seconds(
    "holdOffSeconds",
    0,
    DAY,
    "How long a host that flaps gets no guests after it is back; doubles with each flap, up to 16 times.",
  ),
  hostBootTimeoutSeconds: seconds(
    "hostBootTimeoutSeconds",
    1,
    DAY,
    "A host that was asked to reboot or to power on and is not heard of for this long has failed to.",
  ),
  balancing: oneOf(AUTOMATION_MODES, {
    description:
      "Whether guests are moved off hosts that are asked for more CPU than they should give. ADVISE: recommendations only.",
    default: DEFAULT_SETTINGS.balancing,
  }),
  powerManagement: oneOf(AUTOMATION_MODES, {
    description:
      "Whether guests are gathered on few hosts, and hosts without guests put in STANDBY until they are needed. ADVISE: recommendations only.",
    default: DEFAULT_SETTINGS.powerManagement,
  }),
  balanceEverySeconds: seconds(
    "balanceEverySeconds",
    1,
    DAY,
    "How often balancing and power management are thought over; demand is averaged over as long.",
  ),
  balanceAtUtilization: number(0.05, 1, {
    description: "The share of a host's CPU that its guests may ask for before some are moved.",
    default: DEFAULT_SETTINGS.balanceAtUtilization,
  }),
  standbyAfterSeconds: seconds(
    "standbyAfterSeconds",
    0,
    DAY,
    "How long a host must have been up before it can be put in STANDBY.",
  ),
  standbyHeadroom: number(0, 10, {
    description:
      "CPU kept free on hosts that are up, as a share of what guests are expected to ask for.",
    default: DEFAULT_SETTINGS.standbyHeadroom,
  }),
};

export const SETTINGS = object(settings, [], {
  description:
    "How the fleet is run; what is left out stays as it is. Times are in seconds of the fleet's clock.",
});
