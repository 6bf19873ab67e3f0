/**
 * The fleet's tables: one per entity, one row each. Nested values are JSON, except for what lists
 * are filtered, ordered and summed by, which has columns of its own.
 *
 * Names are indexed but not UNIQUE: whether two things may share a name is the engine's to decide,
 * and a batch may delete one thing and create its namesake in any order.
 */

import { sql } from "drizzle-orm";
import {
  type AnySQLiteColumn,
  check,
  index,
  integer,
  real,
  snakeCase,
  text,
} from "drizzle-orm/sqlite-core";
import type { Allocation } from "../model/allocation.ts";
import type {
  GuestLoss,
  GuestTask,
  HostOverload,
  HostPower,
  RecoveryPolicy,
  RuleHost,
} from "../model/entities.ts";
import type { GroupRefresh, TemplateRevision } from "../model/group-refresh.ts";
import type {
  AffinityRuleId,
  ApiTokenId,
  DataCenterId,
  EntityType,
  FailoverId,
  FaultId,
  FlavorId,
  GuestId,
  HostId,
  ImageId,
  IncidentId,
  OperationId,
  RackId,
  RecommendationId,
  RegionId,
  ScalingGroupId,
  SecurityGroupId,
  TenantId,
  ZoneId,
} from "../model/ids.ts";
import type { LifecycleHook } from "../model/lifecycle-hooks.ts";
import type { PowerWatts } from "../model/power.ts";
import { ROLES } from "../model/principals.ts";
import type { Placement, Reason } from "../model/reasons.ts";
import type {
  GroupDemand,
  GroupTemplate,
  Hold,
  Membership,
  ScalingPolicy,
  Schedule,
} from "../model/scaling.ts";
import type { SecurityRule } from "../model/security.ts";
import {
  DESIRED_STATES,
  DRIVERS,
  FAILURE_DOMAINS,
  FAULT_KINDS,
  GUEST_STATUSES,
  HOST_STATUSES,
  MEMBER_HEALTH_CHECKS,
  OPERATION_KINDS,
  OPERATION_STATUSES,
  OPINIONS,
  POLARITIES,
  RECOMMENDATION_KINDS,
  RULE_KINDS,
  RULE_SCOPES,
  TERMINATION_POLICIES,
  TOLERANCES,
  UTILITY_STATUSES,
  ZONE_STATUSES,
} from "../model/statuses.ts";
import type { Workload } from "../model/workload.ts";

/**
 * The column holds one of the tuple's words, or NULL where the column may be null. A chain of
 * comparisons, since for each row checked SQLite would build the set of an IN anew: that alone took
 * a quarter of the time of an insert.
 */
export function oneOf(column: AnySQLiteColumn, words: readonly string[]) {
  const isWord = words.map((word) => sql`${column} = ${sql.raw(`'${word}'`)}`);
  return check(`${column.name}_known`, sql.join(isWord, sql` OR `));
}

const id = <T extends number>() => integer().primaryKey().$type<T>();
const json = <T>() => text({ mode: "json" }).$type<T>();
const resources = () => ({
  cpuMillicores: integer().notNull(),
  memoryMiB: integer("memory_mib").notNull(),
  storageGiB: integer("storage_gib").notNull(),
});

export const regions = snakeCase.table(
  "regions",
  {
    id: id<RegionId>(),
    name: text().notNull(),
    latitude: real(),
    longitude: real(),
  },
  (t) => [index("regions_name").on(t.name)],
);

export const zones = snakeCase.table(
  "zones",
  {
    id: id<ZoneId>(),
    name: text().notNull(),
    regionId: integer()
      .notNull()
      .$type<RegionId>()
      .references(() => regions.id),
    status: text({ enum: ZONE_STATUSES }).notNull(),
    power: text({ enum: UTILITY_STATUSES }).notNull(),
    cooling: text({ enum: UTILITY_STATUSES }).notNull(),
    network: text({ enum: UTILITY_STATUSES }).notNull(),
    utilityRestoredAtMs: integer(),
    causeSeq: integer(),
    tolerate: text({ enum: TOLERANCES }),
    incidentId: integer().$type<IncidentId>(),
  },
  (t) => [
    index("zones_name").on(t.name),
    index("zones_region").on(t.regionId),
    oneOf(t.status, ZONE_STATUSES),
    oneOf(t.power, UTILITY_STATUSES),
    oneOf(t.cooling, UTILITY_STATUSES),
    oneOf(t.network, UTILITY_STATUSES),
    oneOf(t.tolerate, TOLERANCES),
  ],
);

export const dataCenters = snakeCase.table(
  "data_centers",
  {
    id: id<DataCenterId>(),
    name: text().notNull(),
    zoneId: integer()
      .notNull()
      .$type<ZoneId>()
      .references(() => zones.id),
  },
  (t) => [index("data_centers_zone").on(t.zoneId)],
);

export const racks = snakeCase.table(
  "racks",
  {
    id: id<RackId>(),
    name: text().notNull(),
    dataCenterId: integer()
      .notNull()
      .$type<DataCenterId>()
      .references(() => dataCenters.id),
  },
  (t) => [index("racks_data_center").on(t.dataCenterId)],
);

export const hosts = snakeCase.table(
  "hosts",
  {
    id: id<HostId>(),
    name: text().notNull(),
    zoneId: integer()
      .notNull()
      .$type<ZoneId>()
      .references(() => zones.id),
    dataCenterId: integer()
      .notNull()
      .$type<DataCenterId>()
      .references(() => dataCenters.id),
    rackId: integer()
      .$type<RackId>()
      .references(() => racks.id),
    driver: text({ enum: DRIVERS }).notNull(),
    driverUri: text(),
    ...resources(),
    status: text({ enum: HOST_STATUSES }).notNull(),
    statusSinceMs: integer().notNull(),
    causeSeq: integer(),
    everUp: integer({ mode: "boolean" }).notNull(),
    generation: integer().notNull(),
    fenceFailedAtMs: integer(),
    lastSeenAtMs: integer(),
    opinion: text({ enum: OPINIONS }),
    maintenance: integer({ mode: "boolean" }).notNull().default(false),
    power: json<HostPower>(),
    flaps: integer().notNull().default(0),
    returnedAtMs: integer(),
    heldUntilMs: integer(),
    unansweredSinceMs: integer(),
    bootMs: integer(),
    movesShunUntilMs: integer(),
    overload: json<HostOverload>(),
    watchdogMs: integer(),
    powerWatts: json<PowerWatts>(),
    incidentId: integer().$type<IncidentId>(),
  },
  (t) => [
    index("hosts_name").on(t.name),
    index("hosts_zone").on(t.zoneId),
    index("hosts_data_center").on(t.dataCenterId),
    index("hosts_rack").on(t.rackId),
    oneOf(t.driver, DRIVERS),
    oneOf(t.status, HOST_STATUSES),
    oneOf(t.opinion, OPINIONS),
  ],
);

export const tenants = snakeCase.table(
  "tenants",
  {
    id: id<TenantId>(),
    name: text().notNull(),
    quotaCpuMillicores: integer(),
    quotaMemoryMiB: integer("quota_memory_mib"),
    quotaStorageGiB: integer("quota_storage_gib"),
    quotaGuests: integer(),
  },
  (t) => [index("tenants_name").on(t.name)],
);

export const flavors = snakeCase.table("flavors", {
  id: id<FlavorId>(),
  name: text().notNull(),
  ...resources(),
  allocation: json<Allocation>(),
});

export const images = snakeCase.table("images", {
  id: id<ImageId>(),
  name: text().notNull(),
  bootSeconds: real(),
});

export const scalingGroups = snakeCase.table(
  "scaling_groups",
  {
    id: id<ScalingGroupId>(),
    name: text().notNull(),
    tenantId: integer()
      .notNull()
      .$type<TenantId>()
      .references(() => tenants.id),
    template: json<GroupTemplate>().notNull(),
    templateRevision: integer().notNull(),
    newestRevision: integer().notNull().default(1),
    previousTemplate: json<TemplateRevision>(),
    refresh: json<GroupRefresh>(),
    min: integer().notNull(),
    max: integer().notNull(),
    desired: integer().notNull(),
    zoneIds: json<readonly ZoneId[]>().notNull(),
    policies: json<readonly ScalingPolicy[]>().notNull(),
    terminationPolicy: text({ enum: TERMINATION_POLICIES }).notNull(),
    cooldownSeconds: real().notNull(),
    warmUpSeconds: real().notNull(),
    scaleInAfterSeconds: real().notNull(),
    unhealthyAfterSeconds: real().notNull(),
    /** No CHECK: SQLite would have to copy the table for it. */
    healthCheck: text({ enum: MEMBER_HEALTH_CHECKS }).notNull().default("GUEST"),
    lifecycleHooks: json<readonly LifecycleHook[]>().notNull().default([]),
    demand: json<GroupDemand>(),
    nextNumber: integer().notNull(),
    lastStepAtMs: integer(),
    schedules: json<readonly Schedule[]>().notNull(),
    held: json<readonly Hold[]>().notNull(),
    blockedBy: json<readonly Reason[]>().notNull(),
    launchFailures: integer().notNull(),
    retryAtMs: integer(),
    launchesMs: json<readonly number[]>().notNull().default([]),
    deleting: integer({ mode: "boolean" }).notNull(),
    createdAtMs: integer().notNull(),
  },
  (t) => [
    index("scaling_groups_tenant").on(t.tenantId),
    oneOf(t.terminationPolicy, TERMINATION_POLICIES),
  ],
);

export const guests = snakeCase.table(
  "guests",
  {
    id: id<GuestId>(),
    name: text().notNull(),
    tenantId: integer()
      .notNull()
      .$type<TenantId>()
      .references(() => tenants.id),
    flavorId: integer()
      .notNull()
      .$type<FlavorId>()
      .references(() => flavors.id),
    imageId: integer()
      .notNull()
      .$type<ImageId>()
      .references(() => images.id),
    ...resources(),
    desired: text({ enum: DESIRED_STATES }).notNull(),
    status: text({ enum: GUEST_STATUSES }).notNull(),
    statusSinceMs: integer().notNull(),
    causeSeq: integer().notNull(),
    hostId: integer()
      .$type<HostId>()
      .references(() => hosts.id),
    /** The zone of `hostId`: not part of the entity, kept by the writer so that lists filter by it. */
    zoneId: integer()
      .$type<ZoneId>()
      .references(() => zones.id),
    targetHostId: integer()
      .$type<HostId>()
      .references(() => hosts.id),
    /** A preference, so not a foreign key: deleting a host need not look for those who liked it. */
    homeHostId: integer().$type<HostId>(),
    generation: integer().notNull(),
    task: json<GuestTask>(),
    recovery: json<RecoveryPolicy>().notNull(),
    blockedBy: json<readonly Reason[]>().notNull(),
    loss: json<GuestLoss>(),
    restarts: integer().notNull(),
    triedHostIds: json<readonly HostId[]>().notNull(),
    retryAtMs: integer(),
    deleting: integer({ mode: "boolean" }).notNull(),
    /** Preferences, like the home. */
    frozenOnHostId: integer().$type<HostId>(),
    displacedFromHostId: integer().$type<HostId>(),
    readyAtMs: integer(),
    requestedAtMs: integer(),
    preemptedBy: integer().$type<GuestId>(),
    moveBlockedBy: json<readonly Reason[]>().notNull().default([]),
    moveFailures: integer().notNull().default(0),
    incidentId: integer().$type<IncidentId>(),
    createdAtMs: integer().notNull(),
    securityGroupIds: json<readonly SecurityGroupId[]>(),
    allocation: json<Allocation>(),
    /** The group of `membership`, so that lists filter by it. */
    groupId: integer()
      .$type<ScalingGroupId>()
      .references(() => scalingGroups.id),
    membership: json<Membership>(),
    // The bulky ones come last: a row's columns are read in order, and these can spill to pages of
    // their own, which a list that doesn't show them then never touches.
    workload: json<Workload>(),
    placement: json<Placement>(),
  },
  (t) => [
    index("guests_name").on(t.name),
    index("guests_tenant").on(t.tenantId),
    index("guests_host").on(t.hostId),
    index("guests_zone").on(t.zoneId),
    index("guests_status").on(t.status),
    // Few guests migrate at a time; the index spares a host's deletion a look at all of them.
    index("guests_target_host").on(t.targetHostId).where(sql`target_host_id IS NOT NULL`),
    // Most guests are in none.
    index("guests_group").on(t.groupId).where(sql`group_id IS NOT NULL`),
    oneOf(t.desired, DESIRED_STATES),
    oneOf(t.status, GUEST_STATUSES),
  ],
);

export const affinityRules = snakeCase.table(
  "affinity_rules",
  {
    id: id<AffinityRuleId>(),
    name: text().notNull(),
    kind: text({ enum: RULE_KINDS }).notNull(),
    strict: integer({ mode: "boolean" }).notNull(),
    guestIds: json<readonly GuestId[]>().notNull(),
    hosts: json<readonly RuleHost[]>().notNull(),
    polarity: text({ enum: POLARITIES }),
    scope: text({ enum: RULE_SCOPES }),
    disabled: integer({ mode: "boolean" }).notNull().default(false),
    contradicts: json<readonly AffinityRuleId[]>().notNull().default([]),
  },
  (t) => [oneOf(t.kind, RULE_KINDS), oneOf(t.polarity, POLARITIES), oneOf(t.scope, RULE_SCOPES)],
);

export const securityGroups = snakeCase.table(
  "security_groups",
  {
    id: id<SecurityGroupId>(),
    name: text().notNull(),
    tenantId: integer()
      .notNull()
      .$type<TenantId>()
      .references(() => tenants.id),
    rules: json<readonly SecurityRule[]>().notNull(),
  },
  (t) => [index("security_groups_tenant").on(t.tenantId)],
);

export const faults = snakeCase.table(
  "faults",
  {
    id: id<FaultId>(),
    kind: text({ enum: FAULT_KINDS }).notNull(),
    targetType: text().notNull().$type<EntityType>(),
    targetId: integer().notNull(),
    injectedAtMs: integer().notNull(),
    untilMs: integer(),
    seq: integer().notNull(),
  },
  (t) => [index("faults_target").on(t.targetId), oneOf(t.kind, FAULT_KINDS)],
);

export const failovers = snakeCase.table(
  "failovers",
  {
    id: id<FailoverId>(),
    scope: text({ enum: FAILURE_DOMAINS }).notNull(),
    scopeType: text().notNull().$type<EntityType>(),
    scopeId: integer().notNull(),
    startedAtMs: integer().notNull(),
    completedAtMs: integer(),
    guestsAffected: integer().notNull(),
    guestsRecovered: integer().notNull(),
    guestsUnrecovered: integer().notNull(),
    seq: integer().notNull(),
    incidentId: integer().$type<IncidentId>(),
  },
  (t) => [oneOf(t.scope, FAILURE_DOMAINS)],
);

export const operations = snakeCase.table(
  "operations",
  {
    id: id<OperationId>(),
    kind: text({ enum: OPERATION_KINDS }).notNull(),
    status: text({ enum: OPERATION_STATUSES }).notNull(),
    /** No foreign key: what was done with a guest outlives it. */
    guestId: integer().$type<GuestId>(),
    hostId: integer().$type<HostId>(),
    startedAtMs: integer().notNull(),
    finishedAtMs: integer(),
    error: text(),
    seq: integer().notNull(),
  },
  (t) => [
    index("operations_guest").on(t.guestId),
    oneOf(t.kind, OPERATION_KINDS),
    oneOf(t.status, OPERATION_STATUSES),
  ],
);

export const incidents = snakeCase.table(
  "incidents",
  {
    id: id<IncidentId>(),
    domain: text({ enum: FAILURE_DOMAINS }).notNull(),
    scopeType: text().notNull().$type<EntityType>(),
    scopeId: integer().notNull(),
    openedAtMs: integer().notNull(),
    resolvedAtMs: integer(),
    hostsLost: integer().notNull(),
    guestsLost: integer().notNull(),
    rootSeq: integer().notNull(),
  },
  (t) => [oneOf(t.domain, FAILURE_DOMAINS)],
);

export const recommendations = snakeCase.table(
  "recommendations",
  {
    id: id<RecommendationId>(),
    kind: text({ enum: RECOMMENDATION_KINDS }).notNull(),
    hostId: integer().notNull().$type<HostId>(),
    guestIds: json<readonly GuestId[]>().notNull(),
    toHostId: integer().$type<HostId>(),
    because: text().notNull(),
    savedWatts: real(),
    madeAtMs: integer().notNull(),
    seq: integer().notNull(),
  },
  (t) => [oneOf(t.kind, RECOMMENDATION_KINDS)],
);

export const apiTokens = snakeCase.table(
  "api_tokens",
  {
    id: id<ApiTokenId>(),
    name: text().notNull(),
    role: text({ enum: ROLES }).notNull(),
    tenantId: integer()
      .$type<TenantId>()
      .references(() => tenants.id),
    /** SHA-256 of the secret, in hexadecimal. */
    secretHash: text().notNull(),
    createdAtMs: integer().notNull(),
    expiresAtMs: integer(),
  },
  (t) => [
    index("api_tokens_secret").on(t.secretHash),
    index("api_tokens_tenant").on(t.tenantId),
    oneOf(t.role, ROLES),
  ],
);
