// A small fleet with every field of every entity set, and events to go with it.

import { ENGINE } from "../../src/model/actors.ts";
import type { Changes, Entities, FleetMeta, Guest, Host } from "../../src/model/entities.ts";
import { EVENTS, type EventKind, type FleetEvent, type Payload } from "../../src/model/events.ts";
import type {
  AffinityRuleId,
  ApiTokenId,
  DataCenterId,
  FailoverId,
  FaultId,
  FlavorId,
  GuestId,
  HostId,
  ImageId,
  IncidentId,
  LoadBalancerId,
  LoadBalancerTargetId,
  OperationId,
  RackId,
  RecommendationId,
  RegionId,
  ScalingGroupId,
  SecurityGroupId,
  TenantId,
  ZoneId,
} from "../../src/model/ids.ts";
import { CHECK_DEFAULTS } from "../../src/model/load-balancing.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import type { Batch } from "../../src/store/batch.ts";

export const START_MS = Date.UTC(2030, 0, 1);

export const ids = {
  region: 1 as RegionId,
  zone: 2 as ZoneId,
  dataCenter: 3 as DataCenterId,
  rack: 4 as RackId,
  host: 5 as HostId,
  otherHost: 6 as HostId,
  tenant: 7 as TenantId,
  flavor: 8 as FlavorId,
  image: 9 as ImageId,
  guest: 10 as GuestId,
  otherGuest: 11 as GuestId,
  hostRule: 12 as AffinityRuleId,
  guestRule: 13 as AffinityRuleId,
  fault: 14 as FaultId,
  failover: 15 as FailoverId,
  operation: 16 as OperationId,
  doneOperation: 17 as OperationId,
  otherZone: 18 as ZoneId,
  otherDataCenter: 19 as DataCenterId,
  incident: 20 as IncidentId,
  securityGroup: 21 as SecurityGroupId,
  apiToken: 22 as ApiTokenId,
  recommendation: 25 as RecommendationId,
  loadBalancer: 23 as LoadBalancerId,
  target: 24 as LoadBalancerTargetId,
  scalingGroup: 26 as ScalingGroupId,
};
const NEXT_ID = 26;

export const host: Host = {
  id: ids.host,
  name: "host-1",
  zoneId: ids.zone,
  dataCenterId: ids.dataCenter,
  rackId: ids.rack,
  driver: "libvirt",
  driverUri: "qemu:///system",
  capacity: { cpuMillicores: 64_000, memoryMiB: 262_144, storageGiB: 4_000 },
  status: "FENCING",
  statusSinceMs: START_MS + 3,
  causeSeq: 77,
  everUp: true,
  generation: 3,
  fenceFailedAtMs: START_MS + 4,
  lastSeenAtMs: START_MS + 2,
  opinion: "DEAD",
  maintenance: true,
  power: {
    verb: "REBOOT",
    policy: "FREEZE",
    phase: "EMPTYING",
    orderedAtMs: START_MS + 1,
    wasOff: true,
    sinceMs: START_MS + 5,
    seq: 76,
  },
  flaps: 2,
  returnedAtMs: START_MS + 1,
  heldUntilMs: START_MS + 90,
  unansweredSinceMs: START_MS + 30,
  movesShunUntilMs: START_MS + 300,
  overload: { sinceMs: START_MS + 5, seq: 78, reasons: [] },
  watchdogMs: 10_000,
  powerWatts: [86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117],
  incidentId: ids.incident,
};
const bareHost: Host = {
  ...host,
  id: ids.otherHost,
  name: "host-2",
  zoneId: ids.otherZone,
  dataCenterId: ids.otherDataCenter,
  rackId: null,
  driver: "simulated",
  driverUri: null,
  status: "DOWN",
  causeSeq: null,
  everUp: false,
  fenceFailedAtMs: null,
  lastSeenAtMs: null,
  opinion: null,
  maintenance: false,
  power: null,
  flaps: 0,
  returnedAtMs: null,
  heldUntilMs: null,
  unansweredSinceMs: null,
  movesShunUntilMs: null,
  overload: null,
  watchdogMs: null,
  powerWatts: null,
  incidentId: null,
};

export const guest: Guest = {
  id: ids.guest,
  name: "web-1",
  tenantId: ids.tenant,
  flavorId: ids.flavor,
  imageId: ids.image,
  resources: { cpuMillicores: 1_500, memoryMiB: 2_048, storageGiB: 20 },
  desired: "RUNNING",
  status: "MIGRATING",
  statusSinceMs: START_MS + 9,
  causeSeq: 78,
  hostId: ids.host,
  targetHostId: ids.otherHost,
  homeHostId: ids.otherHost,
  generation: 12,
  task: {
    kind: "RESIZE",
    generation: 12,
    seq: 79,
    startedAtMs: START_MS + 9,
    deadlineMs: START_MS + 180_009,
    resize: {
      resources: { cpuMillicores: 2_000, memoryMiB: 4_096, storageGiB: 40 },
      flavorId: ids.flavor,
    },
  },
  recovery: {
    priority: "CRITICAL",
    dependsOn: [ids.otherGuest],
    maxRestarts: 2,
    maxRelocations: 3,
    failback: false,
    readyAfterSeconds: 1.5,
    preemptible: true,
  },
  securityGroupIds: [ids.securityGroup],
  allocation: {
    cpuReservationMillicores: 500,
    cpuLimitMillicores: 1_000,
    cpuShares: "HIGH",
    memoryReservationMiB: 1_024,
  },
  workload: { kind: "TRACE", name: "vm.csv#3", intervalSeconds: 300, shares: [0.1, 0.25, 1] },
  placement: {
    hostId: ids.host,
    decidedAtMs: START_MS + 8,
    score: 0.75,
    verdicts: [
      { hostId: ids.host, feasible: true, score: 0.75, scores: { spread: 0.5 }, rejectedBy: [] },
      {
        hostId: ids.otherHost,
        feasible: false,
        score: null,
        scores: {},
        rejectedBy: [{ code: "HOST_NOT_UP", message: "is down — “dead”", hostId: ids.otherHost }],
      },
    ],
    hostsExamined: 2,
    hostsNotExamined: 1_708,
  },
  blockedBy: [
    { code: "AFFINITY_RULE", message: "rule", ruleId: ids.hostRule, guestId: ids.otherGuest },
  ],
  loss: {
    fromHostId: ids.otherHost,
    sinceMs: START_MS + 1,
    failoverId: ids.failover,
    seq: 70,
  },
  restarts: 1,
  triedHostIds: [ids.otherHost],
  retryAtMs: START_MS + 60_000,
  deleting: true,
  frozenOnHostId: ids.otherHost,
  displacedFromHostId: ids.host,
  readyAtMs: START_MS + 70,
  preemptedBy: ids.otherGuest,
  moveBlockedBy: [{ code: "INSUFFICIENT_MEMORY", message: "no room" }],
  moveFailures: 2,
  incidentId: ids.incident,
  membership: {
    groupId: ids.scalingGroup,
    number: 1,
    templateRevision: 2,
    isProtected: true,
    isReplacement: true,
    launchedAtMs: START_MS + 10,
    runsSinceMs: START_MS + 9,
    illness: { reason: "no answer", failsAtMs: START_MS + 30_000 },
    lifecycle: {
      transition: "TERMINATING",
      hooks: [{ hook: "drain", timesOutAtMs: START_MS + 11, latestAtMs: START_MS + 12 }],
      abandoned: null,
      causeSeq: 5,
    },
  },
  createdAtMs: START_MS,
};
export const bareGuest: Guest = {
  ...guest,
  id: ids.otherGuest,
  name: "web-2",
  desired: "STOPPED",
  securityGroupIds: null,
  allocation: null,
  status: "PENDING",
  hostId: null,
  targetHostId: null,
  homeHostId: null,
  generation: 0,
  task: null,
  recovery: { ...guest.recovery, dependsOn: [] },
  workload: null,
  placement: null,
  blockedBy: [],
  loss: null,
  restarts: 0,
  triedHostIds: [],
  retryAtMs: null,
  deleting: false,
  frozenOnHostId: null,
  displacedFromHostId: null,
  readyAtMs: null,
  preemptedBy: null,
  moveBlockedBy: [],
  moveFailures: 0,
  incidentId: null,
  membership: null,
};

export const fleet: { readonly [T in keyof Entities]: readonly Entities[T][] } = {
  Region: [{ id: ids.region, name: "north", latitude: 59.91, longitude: -10.75 }],
  Zone: [
    {
      id: ids.zone,
      name: "north-a",
      regionId: ids.region,
      status: "DEGRADED",
      power: "DOWN",
      cooling: "UP",
      utilityRestoredAtMs: null,
      network: "UP",
      causeSeq: 60,
      tolerate: "RACK",
      incidentId: ids.incident,
    },
    {
      id: ids.otherZone,
      name: "north-b",
      regionId: ids.region,
      status: "HEALTHY",
      power: "UP",
      cooling: "UP",
      utilityRestoredAtMs: null,
      network: "UP",
      causeSeq: null,
      tolerate: null,
      incidentId: null,
    },
  ],
  DataCenter: [
    { id: ids.dataCenter, name: "dc-1", zoneId: ids.zone },
    { id: ids.otherDataCenter, name: "dc-2", zoneId: ids.otherZone },
  ],
  Rack: [{ id: ids.rack, name: "r1", dataCenterId: ids.dataCenter }],
  Host: [host, bareHost],
  Tenant: [
    {
      id: ids.tenant,
      name: "default",
      quota: { cpuMillicores: 10_000, memoryMiB: null, storageGiB: 500, guests: 12 },
    },
  ],
  Flavor: [
    {
      id: ids.flavor,
      name: "small",
      resources: { cpuMillicores: 1_500, memoryMiB: 2_048, storageGiB: 20 },
      allocation: {
        cpuReservationMillicores: 0,
        cpuLimitMillicores: null,
        cpuShares: 3_000,
        memoryReservationMiB: 0,
      },
    },
  ],
  Image: [{ id: ids.image, name: "debian", bootSeconds: 2.5 }],
  Guest: [guest, bareGuest],
  AffinityRule: [
    {
      id: ids.hostRule,
      name: "near",
      kind: "HOST",
      strict: true,
      guestIds: [ids.guest],
      hosts: [{ hostId: ids.host, priority: 2 }],
      polarity: null,
      scope: null,
      disabled: false,
      contradicts: [ids.guestRule],
    },
    {
      id: ids.guestRule,
      name: "apart",
      kind: "GUEST",
      strict: false,
      guestIds: [ids.guest, ids.otherGuest],
      hosts: [],
      polarity: "APART",
      scope: "RACK",
      disabled: true,
      contradicts: [],
    },
  ],
  LoadBalancer: [
    {
      id: ids.loadBalancer,
      name: "front",
      tenantId: ids.tenant,
      driver: "haproxy",
      socketPath: "/run/haproxy.sock",
      listeners: [{ port: 80, protocol: "HTTP", targetGroup: "web", traffic: null }],
      targetGroups: [
        {
          name: "web",
          port: 8080,
          algorithm: "LEAST_OUTSTANDING",
          healthCheck: { ...CHECK_DEFAULTS, path: "/health" },
          slowStartSeconds: 0,
          drainSeconds: 0.5,
          stickinessSeconds: null,
          crossZone: false,
          failOpen: true,
          backend: "webs",
        },
      ],
      openGroups: ["web"],
      unreachableSinceMs: START_MS,
    },
  ],
  LoadBalancerTarget: [
    {
      id: ids.target,
      loadBalancerId: ids.loadBalancer,
      targetGroup: "web",
      guestId: ids.guest,
      port: null,
      weight: 100,
      address: "10.1.2.3",
      state: "DRAINING",
      stateSinceMs: START_MS,
      causeSeq: 58,
      reasons: [{ code: "TARGET_LEAVING", message: "web stops", guestId: ids.guest }],
      drainUntilMs: START_MS + 500,
      deregistering: true,
      flaps: 2,
      heldUntilMs: START_MS + 7,
    },
  ],
  SecurityGroup: [
    {
      id: ids.securityGroup,
      name: "web",
      tenantId: ids.tenant,
      rules: [
        {
          direction: "INGRESS",
          protocol: "TCP",
          fromPort: 80,
          toPort: 443,
          remoteCidr: "10.0.0.0/8",
          remoteGroupId: null,
        },
      ],
    },
  ],
  Fault: [
    {
      id: ids.fault,
      kind: "ZONE_POWER",
      target: { type: "Zone", id: ids.zone },
      injectedAtMs: START_MS,
      untilMs: START_MS + 5,
      seq: 59,
    },
  ],
  Failover: [
    {
      id: ids.failover,
      scope: "ZONE",
      scopeRef: { type: "Zone", id: ids.zone },
      startedAtMs: START_MS,
      completedAtMs: START_MS + 90,
      guestsAffected: 5,
      guestsRecovered: 4,
      guestsUnrecovered: 1,
      seq: 61,
      incidentId: ids.incident,
    },
  ],
  Operation: [
    {
      id: ids.operation,
      kind: "RESIZE_GUEST",
      status: "RUNNING",
      guestId: ids.guest,
      hostId: null,
      startedAtMs: START_MS,
      finishedAtMs: null,
      error: null,
      seq: 62,
    },
    {
      id: ids.doneOperation,
      kind: "START_GUEST",
      status: "FAILED",
      guestId: null,
      hostId: 9_999 as HostId,
      startedAtMs: START_MS,
      finishedAtMs: START_MS + 1,
      error: "the guest is gone",
      seq: 63,
    },
  ],
  Incident: [
    {
      id: ids.incident,
      domain: "ZONE",
      scopeRef: { type: "Zone", id: ids.zone },
      openedAtMs: START_MS,
      resolvedAtMs: START_MS + 95,
      hostsLost: 2,
      guestsLost: 5,
      rootSeq: 58,
    },
  ],
  Recommendation: [
    {
      id: ids.recommendation,
      kind: "MOVE",
      hostId: ids.host,
      guestIds: [ids.guest],
      toHostId: ids.host,
      because: "its host is asked for 6.1 of 5.3 cores",
      savedWatts: null,
      madeAtMs: START_MS + 9,
      seq: 79,
    },
  ],
  ApiToken: [
    {
      id: ids.apiToken,
      name: "deployer",
      role: "OPERATOR",
      tenantId: ids.tenant,
      secretHash: "00ff",
      createdAtMs: START_MS,
      expiresAtMs: null,
    },
  ],
  ScalingGroup: [
    {
      id: ids.scalingGroup,
      name: "web",
      tenantId: ids.tenant,
      template: {
        flavorIds: [ids.flavor],
        imageId: ids.image,
        priority: "HIGH",
        maxRestarts: 1,
        maxRelocations: 2,
        readyAfterSeconds: 0.5,
        preemptible: true,
        securityGroupIds: [ids.securityGroup],
        allocation: guest.allocation,
      },
      templateRevision: 2,
      newestRevision: 3,
      previousTemplate: {
        revision: 1,
        template: {
          flavorIds: [ids.flavor],
          imageId: ids.image,
          priority: "LOW",
          maxRestarts: 0,
          maxRelocations: 0,
          readyAfterSeconds: 0,
          preemptible: false,
          securityGroupIds: null,
          allocation: null,
        },
      },
      refresh: {
        status: "AT_CHECKPOINT",
        from: null,
        toRevision: 2,
        firstNumber: 3,
        startedAtMs: START_MS,
        endedAtMs: null,
        percent: 50,
        checkpoints: 1,
        waitsUntilMs: START_MS + 5,
        lookAtMs: START_MS + 6,
        failures: 1,
        reason: "why",
        minHealthyPercent: 80,
        checkpointPercents: [50],
        checkpointWaitSeconds: 6.5,
        autoRollback: false,
        skipMatching: true,
      },
      min: 1,
      max: 9,
      desired: 3,
      zoneIds: [ids.zone],
      policies: [
        {
          kind: "STEP",
          name: "steps",
          metric: "CPU",
          steps: [{ from: 80, below: null, change: 2 }],
        },
      ],
      terminationPolicy: "CHEAPEST_TO_LOSE",
      cooldownSeconds: 1.5,
      warmUpSeconds: 2.5,
      scaleInAfterSeconds: 3.5,
      unhealthyAfterSeconds: 4.5,
      lifecycleHooks: [
        { name: "drain", transition: "TERMINATING", timeoutSeconds: 5.5, onTimeout: "CONTINUE" },
      ],
      demand: { workload: { kind: "CONSTANT", cpuShare: 0.5 }, peakMillicores: 4_000 },
      nextNumber: 4,
      lastStepAtMs: START_MS + 1,
      schedules: [{ policy: "night", nextAtMs: START_MS + 2 }],
      held: [{ policy: "steps", reason: { code: "COOLDOWN", message: "not yet" } }],
      blockedBy: [{ code: "OVER_QUOTA", message: "too many" }],
      launchFailures: 2,
      retryAtMs: START_MS + 3,
      deleting: true,
      createdAtMs: START_MS,
    },
  ],
};

type Rows = { [T in keyof Entities]: Map<number, Entities[T] | undefined> };

export function noRows(): Rows {
  const types = Object.keys(fleet) as (keyof Entities)[];
  return Object.fromEntries(types.map((type) => [type, new Map()])) as unknown as Rows;
}

/** All of the fleet, or the rows given. */
export function changesTo(seq: number, rows: Partial<Rows> = fleetRows()): Changes {
  return { meta: metaAt(seq), rows: { ...noRows(), ...rows } };
}

export function metaAt(seq: number): FleetMeta {
  const settings = { ...DEFAULT_SETTINGS, batterySeconds: 42 };
  return {
    seq,
    nextId: NEXT_ID,
    settings,
    armed: false,
    contactLostAtMs: START_MS + 7,
    silencesCountFromMs: START_MS + 8,
    stockDueAtMs: START_MS + 9,
  };
}

function fleetRows(): Rows {
  const rows = noRows();
  for (const [type, entities] of Object.entries(fleet))
    for (const entity of entities)
      (rows[type as keyof Entities] as Map<number, unknown>).set(entity.id, entity);
  return rows;
}

export function event<K extends EventKind>(
  seq: number,
  kind: K,
  payload: Payload<K>,
  fields: Partial<Omit<FleetEvent, "seq" | "kind" | "payload">> = {},
): FleetEvent {
  const { category, severity } = EVENTS[kind];
  return {
    seq,
    atMs: START_MS + seq * 1_000,
    kind,
    category,
    severity,
    message: `${kind} ${seq}`,
    subject: null,
    tenantId: null,
    zoneId: null,
    causeSeq: null,
    incidentId: null,
    actor: ENGINE,
    ...fields,
    payload,
  } as FleetEvent;
}

/** `count` events of one kind, from `firstSeq`. */
export function ticks(firstSeq: number, count: number): FleetEvent[] {
  return Array.from({ length: count }, (_, i) =>
    event(firstSeq + i, "ClockAdvanced", { seconds: i }),
  );
}

export function batchOf(events: readonly FleetEvent[], more: Partial<Batch> = {}): Batch {
  return {
    events,
    changes: null,
    clockMs: events.at(-1)?.atMs ?? START_MS,
    driverState: new Map(),
    idempotency: [],
    telemetry: null,
    ...more,
  };
}
