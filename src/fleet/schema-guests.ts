import { GUEST_DEFAULTS } from "../model/fleet.ts";
import { PRIORITIES } from "../model/statuses.ts";
import {
  ALLOCATION,
  count,
  guestReferences,
  name,
  RESOURCE_KEYS,
  RESOURCE_NAMES,
} from "./schema-common.ts";
import { integer, number, object, oneOf } from "./schema-kinds.ts";
import { GUEST_GROUPS } from "./schema-security.ts";
import { WORKLOAD } from "./schema-workload.ts";

export const GUEST = object(
  {
    name: name("The guest's name, the only one of its kind in its tenant."),
    count: count("So many guests of this kind, named `name-1`, `name-2`, …"),
    tenant: name("Who owns it.", { default: GUEST_DEFAULTS.tenant }),
    flavor: name("Its size, by a flavor's name; or give `resources`."),
    resources: object(RESOURCE_KEYS, RESOURCE_NAMES, {
      description: "Its size, given one by one; or give `flavor`.",
    }),
    image: name("What it boots from."),
    desired: oneOf(["RUNNING", "STOPPED"], {
      description: "The state to bring it to.",
      default: GUEST_DEFAULTS.desired,
    }),
    host: name("Its home: preferred while that host is up."),
    priority: oneOf(PRIORITIES, {
      description: "Restart priority: the highest goes first when hosts are lost.",
      default: GUEST_DEFAULTS.priority,
    }),
    dependsOn: guestReferences(
      "Guests of the same tenant that must run before this one starts. The name of a counted guest means all of its copies.",
    ),
    maxRestarts: integer(0, 1000, {
      description: "Starts tried again on the same host before another one is tried.",
      default: GUEST_DEFAULTS.maxRestarts,
    }),
    maxRelocations: integer(0, 1000, {
      description: "Other hosts tried after that, before it is left in ERROR.",
      default: GUEST_DEFAULTS.maxRelocations,
    }),
    failback: {
      type: "boolean",
      description: "Goes back to its preferred host when that one returns.",
      default: GUEST_DEFAULTS.failback,
    },
    readyAfterSeconds: number(0, 86_400, {
      description: "How long it must have run before those that depend on it start.",
      default: GUEST_DEFAULTS.readyAfterSeconds,
    }),
    preemptible: {
      type: "boolean",
      description: "May be stopped to make room for the recovery of a guest of higher priority.",
      default: GUEST_DEFAULTS.preemptible,
    },
    allocation: ALLOCATION,
    securityGroups: GUEST_GROUPS,
    workload: WORKLOAD,
  },
  ["name", "image"],
  {
    description: "A virtual machine.",
    oneOf: [{ required: ["flavor"] }, { required: ["resources"] }],
  },
);
