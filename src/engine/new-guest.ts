import type { Guest } from "../model/entities.ts";
import type { State } from "./state.ts";

/** A guest as it is the moment it is created. */
export function newGuest(
  at: { readonly state: State; readonly nowMs: number },
  given: Pick<
    Guest,
    | "id"
    | "name"
    | "tenantId"
    | "flavorId"
    | "imageId"
    | "resources"
    | "desired"
    | "homeHostId"
    | "workload"
    | "securityGroupIds"
    | "allocation"
  > &
    Partial<Pick<Guest, "membership">> &
    Guest["recovery"],
): Guest {
  const { priority, dependsOn, maxRestarts, maxRelocations, failback } = given;
  const { readyAfterSeconds, preemptible } = given;
  return {
    id: given.id,
    name: given.name,
    tenantId: given.tenantId,
    flavorId: given.flavorId,
    imageId: given.imageId,
    resources: given.resources,
    desired: given.desired,
    status: given.desired === "STOPPED" ? "STOPPED" : "PENDING",
    statusSinceMs: at.nowMs,
    causeSeq: at.state.meta.seq + 1,
    hostId: null,
    targetHostId: null,
    homeHostId: given.homeHostId,
    generation: 0,
    task: null,
    recovery: {
      priority,
      dependsOn,
      maxRestarts,
      maxRelocations,
      failback,
      readyAfterSeconds,
      preemptible,
    },
    workload: given.workload,
    securityGroupIds: given.securityGroupIds,
    allocation: given.allocation,
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
    requestedAtMs: given.desired === "RUNNING" ? at.nowMs : null,
    preemptedBy: null,
    moveBlockedBy: [],
    moveFailures: 0,
    incidentId: null,
    membership: given.membership ?? null,
    createdAtMs: at.nowMs,
  };
}
