import { GUEST_DEFAULTS } from "../model/fleet.ts";
import { HOOK_DEFAULTS, HOOK_LIMITS } from "../model/lifecycle-hooks.ts";
import { LIMITS } from "../model/limits.ts";
import { SCALING_DEFAULTS, SCALING_LIMITS } from "../model/scaling.ts";
import {
  LIFECYCLE_RESULTS,
  LIFECYCLE_TRANSITIONS,
  MEMBER_HEALTH_CHECKS,
  PREDICTIVE_MODES,
  PRIORITIES,
  TERMINATION_POLICIES,
} from "../model/statuses.ts";
import { ALLOCATION, name } from "./schema-common.ts";
import {
  type ChoiceSchema,
  constant,
  integer,
  list,
  number,
  object,
  oneOf,
  type TextSchema,
} from "./schema-kinds.ts";
import { GUEST_GROUPS } from "./schema-security.ts";
import { WORKLOAD } from "./schema-workload.ts";

const members = (description: string, more: { default?: number } = {}) =>
  integer(0, SCALING_LIMITS.members, { description, ...more });
const seconds = (description: string, usual: number) =>
  number(0, SCALING_LIMITS.seconds, { description, default: usual });
const bound = (description: string) =>
  number(-SCALING_LIMITS.value, SCALING_LIMITS.value, { description });

const policyName = name("The policy's name, the only one of its kind in its group.");
const metric: TextSchema = {
  type: "string",
  maxLength: SCALING_LIMITS.metricNameLength,
  description:
    "`CPU` or `MEMORY` in percent of what warm members have, `REQUESTS_PER_TARGET` a second in its target groups, or the name of one that is pushed (`putMetric`).",
  examples: ["CPU", "queueLength"],
};

const TARGET = number(0, SCALING_LIMITS.value, {
  description:
    "What each member is to have: percent of CPU or MEMORY, requests a second, or so much of the pushed metric, which is of the whole group. More than 0.",
});

const TEMPLATE = object(
  {
    flavor: name("Their size, by a flavor's name."),
    flavors: list(name("A flavor."), SCALING_LIMITS.flavors, {
      description:
        "Several flavors, the preferred one first: another is taken where there is no room for it.",
      minItems: 1,
      uniqueItems: true,
    }),
    image: name("What they boot from."),
    priority: oneOf(PRIORITIES, {
      description: "Restart priority, as of guests.",
      default: GUEST_DEFAULTS.priority,
    }),
    maxRestarts: integer(0, 100, {
      description: "Starts tried again on the same host before another one is tried.",
      default: GUEST_DEFAULTS.maxRestarts,
    }),
    maxRelocations: integer(0, 100, {
      description: "Other hosts tried after that, before a member is left in ERROR and replaced.",
      default: GUEST_DEFAULTS.maxRelocations,
    }),
    readyAfterSeconds: number(0, 86_400, {
      description: "How long a member must have run before those that depend on it start.",
      default: GUEST_DEFAULTS.readyAfterSeconds,
    }),
    preemptible: {
      type: "boolean",
      description:
        "Members may be stopped to make room for the recovery of a guest of higher priority.",
      default: GUEST_DEFAULTS.preemptible,
    },
    allocation: ALLOCATION,
    securityGroups: GUEST_GROUPS,
  },
  ["image"],
  {
    description: "What members are made of.",
    oneOf: [{ required: ["flavor"] }, { required: ["flavors"] }],
  },
);

const STEP = object(
  {
    from: bound("The step holds from this value on."),
    below: bound("The step holds below this value."),
    change: integer(-SCALING_LIMITS.members, SCALING_LIMITS.members, {
      description: "Members more or fewer; not 0.",
    }),
  },
  ["change"],
  { description: "What is done while the metric is there; `from`, `below` or both." },
);

const POLICY: ChoiceSchema = {
  description: "What moves the group's size. Of several the largest wish wins.",
  oneOf: [
    object(
      {
        name: policyName,
        kind: constant("TARGET_TRACKING"),
        metric,
        target: TARGET,
        scaleOutOnly: {
          type: "boolean",
          description: "It never makes the group smaller.",
          default: false,
        },
      },
      ["name", "kind", "metric", "target"],
      { description: "Keeps a metric at a target." },
    ),
    object(
      {
        name: policyName,
        kind: constant("STEP"),
        metric,
        steps: list(STEP, SCALING_LIMITS.steps, { description: "In any order.", minItems: 1 }),
      },
      ["name", "kind", "metric", "steps"],
      { description: "Adds or takes members by how far a metric is off." },
    ),
    object(
      {
        name: policyName,
        kind: constant("SCHEDULED"),
        cron: {
          type: "string",
          maxLength: 256,
          description: "Five fields, minute to day of the week, or six with seconds first.",
          examples: ["0 8 * * 1-5"],
        },
        timeZone: {
          type: "string",
          maxLength: 64,
          description: "Of the IANA time zone database.",
          default: SCALING_DEFAULTS.timeZone,
          examples: ["Europe/Berlin"],
        },
        min: members("What `min` is set to; it stays when left out."),
        max: members("What `max` is set to; it stays when left out."),
        desired: members("The size it is brought to; it stays when left out."),
      },
      ["name", "kind", "cron"],
      { description: "Sets sizes at times." },
    ),
    object(
      {
        name: policyName,
        kind: constant("PREDICTIVE"),
        metric,
        target: TARGET,
        mode: oneOf(PREDICTIVE_MODES, {
          description: "Whether it moves the group, or only tells what it expects.",
          default: SCALING_DEFAULTS.mode,
        }),
      },
      ["name", "kind", "metric", "target"],
      { description: "Has members up before the load comes that earlier days and weeks had." },
    ),
  ],
};

const HOOK = object(
  {
    name: {
      ...policyName,
      maxLength: HOOK_LIMITS.nameLength,
      description: "The hook's name, the only one of its kind in its group.",
    },
    transition: oneOf(LIFECYCLE_TRANSITIONS, {
      description:
        "LAUNCHING: a member waits when it has come up, before it serves. TERMINATING: before it goes, if it runs.",
    }),
    timeoutSeconds: number(1, HOOK_LIMITS.timeoutSeconds, {
      description: "A member waits for so long, and for so long anew after each heartbeat.",
      default: HOOK_DEFAULTS.timeoutSeconds,
    }),
    onTimeout: oneOf(LIFECYCLE_RESULTS, {
      description:
        "What becomes of a member for which nobody completes it in time. ABANDON: one that launches is replaced, one that terminates goes; CONTINUE: it goes on.",
      default: HOOK_DEFAULTS.onTimeout,
    }),
  },
  ["name", "transition"],
  {
    description: "Something outside that is to be done with a member (`completeLifecycleAction`).",
  },
);

export const SCALING_GROUP = object(
  {
    name: name(
      "The group's name, the only one of its kind in its tenant. Members are `name-1`, `name-2`, …",
    ),
    tenant: name("Who owns it.", { default: GUEST_DEFAULTS.tenant }),
    template: TEMPLATE,
    min: members("It never has fewer members.", { default: SCALING_DEFAULTS.min }),
    max: members("It never has more members."),
    desired: members(
      "The size to begin with, `min` when left out. A group without policies about metrics is brought back to it by each application of the document.",
    ),
    zones: list(name("A zone."), Math.min(SCALING_LIMITS.zones, LIMITS.hosts), {
      description: "Where members may run, evenly; everywhere when left out.",
      uniqueItems: true,
    }),
    policies: list(POLICY, SCALING_LIMITS.policies, { description: "In any order." }),
    terminationPolicy: oneOf(TERMINATION_POLICIES, {
      description:
        "Who goes first when it gets smaller, of those in its fullest zones; members that do not run go before all others.",
      default: SCALING_DEFAULTS.terminationPolicy,
    }),
    cooldownSeconds: seconds(
      "After a step no policy takes another one for so long.",
      SCALING_DEFAULTS.cooldownSeconds,
    ),
    warmUpSeconds: seconds(
      "A member that has run for less does not count into what is measured.",
      SCALING_DEFAULTS.warmUpSeconds,
    ),
    scaleInAfterSeconds: seconds(
      "Policies make it smaller only when for so long no sample wanted more.",
      SCALING_DEFAULTS.scaleInAfterSeconds,
    ),
    unhealthyAfterSeconds: seconds(
      "A member is replaced when its health check has been bad for so long.",
      SCALING_DEFAULTS.unhealthyAfterSeconds,
    ),
    healthCheck: oneOf(MEMBER_HEALTH_CHECKS, {
      description:
        "LOAD_BALANCER: a member is also unhealthy while checks of a load balancer say so of it and not of all.",
      default: SCALING_DEFAULTS.healthCheck,
    }),
    lifecycleHooks: list(HOOK, HOOK_LIMITS.hooks, {
      description: "What members wait for before they serve, and before they go.",
    }),
    demand: object(
      {
        peakCpuCores: number(0.001, LIMITS.cpuCores * SCALING_LIMITS.members, {
          description: "CPU cores that all members together are asked for at a share of 1.",
        }),
        workload: WORKLOAD,
      },
      ["peakCpuCores", "workload"],
      {
        description:
          "Work that the members that run share evenly, instead of a workload of each. Simulated guests only.",
      },
    ),
  },
  ["name", "template", "max"],
  { description: "Guests made from one template, as many as there is work for." },
);
