import { GUEST_DEFAULTS } from "../model/fleet.ts";
import { LIMITS } from "../model/limits.ts";
import {
  BALANCING_BOUNDS,
  CHECK_DEFAULTS,
  CHECK_PATH,
  DEFAULT_WEIGHT,
  GROUP_DEFAULTS,
  TRAFFIC_DEFAULTS,
} from "../model/load-balancing.ts";
import { BALANCING_ALGORITHMS, LISTENER_PROTOCOLS } from "../model/statuses.ts";
import { IPV4_ADDRESS, name, SOCKET_PATH } from "./schema-common.ts";
import {
  type ChoiceSchema,
  constant,
  integer,
  list,
  number,
  object,
  oneOf,
} from "./schema-kinds.ts";
import { WORKLOAD } from "./schema-workload.ts";

type Bounded = keyof typeof BALANCING_BOUNDS;

function whole(of: Bounded, description: string, more: { default?: number } = {}) {
  const [least, most] = BALANCING_BOUNDS[of];
  return integer(least, most, { description, ...more });
}

function seconds(of: Bounded, description: string, more: { default?: number } = {}) {
  const [least, most] = BALANCING_BOUNDS[of];
  return number(least, most, { description, ...more });
}

function flag(description: string, value: boolean) {
  return { type: "boolean", description, default: value } as const;
}

const TRAFFIC = object(
  {
    peakRequestsPerSecond: seconds("peakRequestsPerSecond", "Requests a second at most."),
    workload: {
      ...WORKLOAD,
      description: "The share of the peak over time. All of it at all times without.",
    },
    cpuMillisecondsPerRequest: seconds(
      "cpuMillisecondsPerRequest",
      "CPU milliseconds that one of them costs its target on average.",
      { default: TRAFFIC_DEFAULTS.cpuMillisecondsPerRequest },
    ),
    clients: whole("clients", "How many send them.", { default: TRAFFIC_DEFAULTS.clients }),
  },
  ["peakRequestsPerSecond"],
  { description: "Requests that come in. Simulated load balancers only." },
);

const LISTENER = object(
  {
    port: whole("port", "Where requests come in. No other listener has it."),
    protocol: oneOf(LISTENER_PROTOCOLS, {
      description: "What it understands of them.",
      default: "HTTP",
    }),
    targetGroup: name("Who gets them: a target group of this load balancer."),
    traffic: TRAFFIC,
  },
  ["port", "targetGroup"],
  { description: "Takes requests." },
);

const HEALTH_CHECK = object(
  {
    path: {
      type: "string",
      pattern: CHECK_PATH,
      maxLength: LIMITS.checkPathLength,
      description:
        "What is asked for by HTTP: an answer from 200 to 399 passes. Without it, that the target takes connections is enough.",
      examples: ["/health"],
    },
    intervalSeconds: seconds("intervalSeconds", "From one check to the next.", {
      default: CHECK_DEFAULTS.intervalSeconds,
    }),
    timeoutSeconds: seconds("timeoutSeconds", "How long an answer may take.", {
      default: CHECK_DEFAULTS.timeoutSeconds,
    }),
    healthyThreshold: whole(
      "healthyThreshold",
      "Checks in a row that must pass before a target that failed gets requests again.",
      { default: CHECK_DEFAULTS.healthyThreshold },
    ),
    unhealthyThreshold: whole(
      "unhealthyThreshold",
      "Checks in a row that must fail before a target gets no requests.",
      { default: CHECK_DEFAULTS.unhealthyThreshold },
    ),
  },
  [],
  { description: "How it is found out whether targets are well." },
);

const TARGET: ChoiceSchema = {
  oneOf: [
    name("A guest of the load balancer's tenant by its name. A counted guest's means all copies."),
    object(
      {
        guest: name("The guest's name."),
        scalingGroup: name(
          "Instead of a guest, a scaling group of the tenant: its members are targets once they run.",
        ),
        port: whole("port", "Where it takes requests. The group's port without."),
        address: {
          type: "string",
          pattern: IPV4_ADDRESS,
          maxLength: 15,
          description: "The IPv4 address where a guest is reached. The guest's own without.",
        },
        weight: whole(
          "weight",
          "Its part, or that of each member, of the requests where the algorithm is WEIGHTED.",
          { default: DEFAULT_WEIGHT },
        ),
      },
      [],
      { oneOf: [{ required: ["guest"] }, { required: ["scalingGroup"] }] },
    ),
  ],
};

const TARGET_GROUP = object(
  {
    name: name("The group's name, the only one of its kind in the load balancer."),
    port: whole("port", "Where its targets take requests."),
    algorithm: oneOf(BALANCING_ALGORITHMS, {
      description: "Who gets the next request.",
      default: GROUP_DEFAULTS.algorithm,
    }),
    healthCheck: HEALTH_CHECK,
    slowStartSeconds: seconds(
      "slowStartSeconds",
      "How long the share of a target grows once it is healthy. 0: it gets all of it at once.",
      { default: GROUP_DEFAULTS.slowStartSeconds },
    ),
    drainSeconds: seconds(
      "drainSeconds",
      "How long a target that leaves may take for requests that it has begun. Its guest is stopped, rebooted or moved after that.",
      { default: GROUP_DEFAULTS.drainSeconds },
    ),
    stickinessSeconds: seconds(
      "stickinessSeconds",
      "For how long a client stays with its target. Without it, each request is dealt anew.",
    ),
    crossZone: flag(
      "Targets take requests from all zones. False: where a zone has any, they stay in it.",
      GROUP_DEFAULTS.crossZone,
    ),
    failOpen: flag(
      "When no target is healthy, all that run get requests.",
      GROUP_DEFAULTS.failOpen,
    ),
    backend: name(
      "Its backend in HAProxy's configuration. Of the group's own name without. HAProxy only.",
    ),
    targets: list(TARGET, LIMITS.targetsOfGroup, {
      description: "Who takes the requests: guests and scaling groups.",
    }),
  },
  ["name", "port"],
  { description: "Guests and scaling groups that take the same requests." },
);

export const LOAD_BALANCER = object(
  {
    name: name("The load balancer's name, the only one of its kind in its tenant."),
    tenant: name("Who owns it.", { default: GUEST_DEFAULTS.tenant }),
    driver: {
      description: "What moves the requests.",
      default: "simulated",
      oneOf: [
        constant("simulated"),
        object(
          {
            haproxy: object(
              {
                socket: {
                  type: "string",
                  pattern: SOCKET_PATH,
                  maxLength: 100,
                  description: "The path of its runtime socket, of level admin.",
                },
              },
              ["socket"],
              { description: "HAProxy, driven through its runtime socket." },
            ),
          },
          ["haproxy"],
        ),
      ],
    },
    listeners: list(LISTENER, LIMITS.balancingParts, { description: "Where requests come in." }),
    targetGroups: list(TARGET_GROUP, LIMITS.balancingParts, { description: "Where they go." }),
  },
  ["name"],
  { description: "Takes requests at one place and deals them out to guests." },
);
