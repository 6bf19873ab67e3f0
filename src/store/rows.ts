/**
 * Entity ⇄ row: the one place that knows how an entity's fields lie in its table. The round trip is
 * exact. Rows are drizzle's, with JSON columns still as values.
 */

import type { Entities, Guest, Host, RecoveryPolicy } from "../model/entities.ts";
import type { Ref } from "../model/ids.ts";
import type { Resources } from "../model/resources.ts";
import {
  affinityRules,
  apiTokens,
  dataCenters,
  failovers,
  faults,
  flavors,
  guests,
  hosts,
  images,
  incidents,
  operations,
  racks,
  recommendations,
  regions,
  scalingGroups,
  securityGroups,
  tenants,
  zones,
} from "./tables.ts";
import { loadBalancers, loadBalancerTargets } from "./tables-load-balancers.ts";
import { loadHistories } from "./tables-scaling.ts";

export const ENTITY_TABLES = {
  Region: regions,
  Zone: zones,
  DataCenter: dataCenters,
  Rack: racks,
  Host: hosts,
  Tenant: tenants,
  Flavor: flavors,
  Image: images,
  ScalingGroup: scalingGroups,
  Guest: guests,
  AffinityRule: affinityRules,
  SecurityGroup: securityGroups,
  Fault: faults,
  Failover: failovers,
  Operation: operations,
  Incident: incidents,
  ApiToken: apiTokens,
  Recommendation: recommendations,
  LoadBalancer: loadBalancers,
  LoadBalancerTarget: loadBalancerTargets,
  LoadHistory: loadHistories,
} as const;

type Table<T extends keyof Entities> = (typeof ENTITY_TABLES)[T];
export type Row<T extends keyof Entities> = Table<T>["$inferSelect"];

/** Parents before children, so that a row's foreign keys find what they name. */
export const ENTITY_TYPES = Object.keys(ENTITY_TABLES) as readonly (keyof Entities)[];

interface Mapping<T extends keyof Entities> {
  toRow(entity: Entities[T]): Row<T>;
  fromRow(row: Row<T>): Entities[T];
}

export const MAPPINGS: { readonly [T in keyof Entities]: Mapping<T> } = {
  Region: same(),
  Zone: same(),
  DataCenter: same(),
  Rack: same(),
  Host: { toRow: hostToRow, fromRow: hostFromRow },
  Tenant: {
    toRow: ({ quota, ...rest }) => ({
      ...rest,
      quotaCpuMillicores: quota.cpuMillicores,
      quotaMemoryMiB: quota.memoryMiB,
      quotaStorageGiB: quota.storageGiB,
      quotaGuests: quota.guests,
    }),
    fromRow: (row) => ({
      id: row.id,
      name: row.name,
      quota: {
        cpuMillicores: row.quotaCpuMillicores,
        memoryMiB: row.quotaMemoryMiB,
        storageGiB: row.quotaStorageGiB,
        guests: row.quotaGuests,
      },
    }),
  },
  Flavor: {
    toRow: ({ resources, ...rest }) => ({ ...rest, ...amounts(resources) }),
    fromRow: ({ id, name, allocation, ...row }) => ({
      id,
      name,
      resources: amounts(row),
      allocation,
    }),
  },
  Image: same(),
  Guest: { toRow: guestToRow, fromRow: guestFromRow },
  AffinityRule: same(),
  SecurityGroup: same(),
  Fault: {
    toRow: ({ target, ...rest }) => ({ ...rest, targetType: target.type, targetId: target.id }),
    fromRow: ({ targetType, targetId, ...rest }) => ({
      ...rest,
      target: ref(targetType, targetId),
    }),
  },
  Failover: {
    toRow: ({ scopeRef, ...rest }) => ({
      ...rest,
      scopeType: scopeRef.type,
      scopeId: scopeRef.id,
    }),
    fromRow: ({ scopeType, scopeId, ...rest }) => ({ ...rest, scopeRef: ref(scopeType, scopeId) }),
  },
  Operation: same(),
  Incident: {
    toRow: ({ scopeRef, ...rest }) => ({
      ...rest,
      scopeType: scopeRef.type,
      scopeId: scopeRef.id,
    }),
    fromRow: ({ scopeType, scopeId, ...rest }) => ({ ...rest, scopeRef: ref(scopeType, scopeId) }),
  },
  ApiToken: same(),
  Recommendation: same(),
  LoadBalancer: same(),
  LoadBalancerTarget: same(),
  LoadHistory: same(),
  ScalingGroup: same(),
};

/** For entities whose fields are their table's columns. */
function same<E>() {
  return { toRow: (entity: E): E => entity, fromRow: (row: E): E => row };
}

function amounts(from: Resources): Resources {
  return {
    cpuMillicores: from.cpuMillicores,
    memoryMiB: from.memoryMiB,
    storageGiB: from.storageGiB,
  };
}

/** The table's two columns are written together from one reference, so they belong together. */
export function ref(type: string, id: number): Ref {
  return { type, id } as Ref;
}

// Hosts and guests are written by the thousand: their fields are named one by one, which is several
// times faster than a rest pattern.

function hostToRow(host: Host): Row<"Host"> {
  return {
    id: host.id,
    name: host.name,
    zoneId: host.zoneId,
    dataCenterId: host.dataCenterId,
    rackId: host.rackId,
    driver: host.driver,
    driverUri: host.driverUri,
    cpuMillicores: host.capacity.cpuMillicores,
    memoryMiB: host.capacity.memoryMiB,
    storageGiB: host.capacity.storageGiB,
    status: host.status,
    statusSinceMs: host.statusSinceMs,
    causeSeq: host.causeSeq,
    everUp: host.everUp,
    generation: host.generation,
    fenceFailedAtMs: host.fenceFailedAtMs,
    lastSeenAtMs: host.lastSeenAtMs,
    opinion: host.opinion,
    maintenance: host.maintenance,
    power: host.power,
    flaps: host.flaps,
    returnedAtMs: host.returnedAtMs,
    heldUntilMs: host.heldUntilMs,
    unansweredSinceMs: host.unansweredSinceMs,
    bootMs: host.bootMs,
    movesShunUntilMs: host.movesShunUntilMs,
    overload: host.overload,
    watchdogMs: host.watchdogMs,
    powerWatts: host.powerWatts,
    incidentId: host.incidentId,
  };
}

function hostFromRow(row: Row<"Host">): Host {
  return {
    id: row.id,
    name: row.name,
    zoneId: row.zoneId,
    dataCenterId: row.dataCenterId,
    rackId: row.rackId,
    driver: row.driver,
    driverUri: row.driverUri,
    capacity: amounts(row),
    status: row.status,
    statusSinceMs: row.statusSinceMs,
    causeSeq: row.causeSeq,
    everUp: row.everUp,
    generation: row.generation,
    fenceFailedAtMs: row.fenceFailedAtMs,
    lastSeenAtMs: row.lastSeenAtMs,
    opinion: row.opinion,
    maintenance: row.maintenance,
    power: row.power,
    flaps: row.flaps,
    returnedAtMs: row.returnedAtMs,
    heldUntilMs: row.heldUntilMs,
    unansweredSinceMs: row.unansweredSinceMs,
    bootMs: row.bootMs,
    movesShunUntilMs: row.movesShunUntilMs,
    overload: row.overload,
    watchdogMs: row.watchdogMs,
    powerWatts: row.powerWatts,
    incidentId: row.incidentId,
  };
}

function guestToRow(guest: Guest): Row<"Guest"> {
  return {
    id: guest.id,
    name: guest.name,
    tenantId: guest.tenantId,
    flavorId: guest.flavorId,
    imageId: guest.imageId,
    cpuMillicores: guest.resources.cpuMillicores,
    memoryMiB: guest.resources.memoryMiB,
    storageGiB: guest.resources.storageGiB,
    desired: guest.desired,
    status: guest.status,
    statusSinceMs: guest.statusSinceMs,
    causeSeq: guest.causeSeq,
    hostId: guest.hostId,
    zoneId: null, // the writer's statement looks it up
    targetHostId: guest.targetHostId,
    homeHostId: guest.homeHostId,
    generation: guest.generation,
    task: guest.task,
    recovery: guest.recovery,
    blockedBy: guest.blockedBy,
    loss: guest.loss,
    restarts: guest.restarts,
    triedHostIds: guest.triedHostIds,
    retryAtMs: guest.retryAtMs,
    deleting: guest.deleting,
    frozenOnHostId: guest.frozenOnHostId,
    displacedFromHostId: guest.displacedFromHostId,
    readyAtMs: guest.readyAtMs,
    requestedAtMs: guest.requestedAtMs,
    preemptedBy: guest.preemptedBy,
    moveBlockedBy: guest.moveBlockedBy,
    moveFailures: guest.moveFailures,
    incidentId: guest.incidentId,
    createdAtMs: guest.createdAtMs,
    securityGroupIds: guest.securityGroupIds,
    allocation: guest.allocation,
    groupId: guest.membership?.groupId ?? null,
    membership: guest.membership,
    workload: guest.workload,
    placement: guest.placement,
  };
}

function guestFromRow(row: Row<"Guest">): Guest {
  return {
    id: row.id,
    name: row.name,
    tenantId: row.tenantId,
    flavorId: row.flavorId,
    imageId: row.imageId,
    resources: amounts(row),
    desired: row.desired,
    status: row.status,
    statusSinceMs: row.statusSinceMs,
    causeSeq: row.causeSeq,
    hostId: row.hostId,
    targetHostId: row.targetHostId,
    homeHostId: row.homeHostId,
    generation: row.generation,
    task: row.task,
    recovery: withDefaults(row.recovery),
    workload: row.workload,
    securityGroupIds: row.securityGroupIds,
    allocation: row.allocation,
    placement: row.placement,
    blockedBy: row.blockedBy,
    loss: row.loss,
    restarts: row.restarts,
    triedHostIds: row.triedHostIds,
    retryAtMs: row.retryAtMs,
    deleting: row.deleting,
    frozenOnHostId: row.frozenOnHostId,
    displacedFromHostId: row.displacedFromHostId,
    readyAtMs: row.readyAtMs,
    requestedAtMs: row.requestedAtMs,
    preemptedBy: row.preemptedBy,
    moveBlockedBy: row.moveBlockedBy,
    moveFailures: row.moveFailures,
    incidentId: row.incidentId,
    membership: row.membership,
    createdAtMs: row.createdAtMs,
  };
}

/** A policy that was written before a field of it was known has that field's default. */
function withDefaults(policy: RecoveryPolicy): RecoveryPolicy {
  return policy.preemptible === undefined
    ? { ...policy, readyAfterSeconds: 0, preemptible: false }
    : policy;
}
