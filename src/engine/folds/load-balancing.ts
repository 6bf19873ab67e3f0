import type { LoadBalancer, LoadBalancerTarget } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { LoadBalancerTargetId } from "../../model/ids.ts";
import type { TargetState } from "../../model/statuses.ts";
import { answerTimeoutMs } from "../answer-timeout.ts";
import type { State } from "../state.ts";
import { awaitsDraining } from "../target-conditions.ts";
import { create, type Folds, remove } from "./fold.ts";

function enter(
  state: State,
  event: FleetEvent & { payload: { target: LoadBalancerTargetId } },
  now: TargetState,
  fields: Partial<LoadBalancerTarget>,
): void {
  state.tables.LoadBalancerTarget.patch(event.payload.target, {
    drainUntilMs: null,
    reasons: [],
    ...fields,
    state: now,
    stateSinceMs: event.atMs,
    causeSeq: event.seq,
  });
}

/** Older logs know of no scaling groups in target groups. */
function setLoadBalancer(state: State, event: { payload: { definition: LoadBalancer } }): void {
  state.tables.LoadBalancer.set({ ...{ scalingTargets: [] }, ...event.payload.definition });
}

/** What waited for it begins now, and so does the time that it may take. */
function begin(state: State, { payload, atMs }: FleetEvent<"TargetDrained">): void {
  const { id, task } = state.tables.Guest.get(payload.guest);
  if (task === null || awaitsDraining(state, state.tables.Guest.get(id))) return;
  const deadlineMs = atMs + answerTimeoutMs(state, id, task.kind);
  state.tables.Guest.patch(id, { task: { ...task, startedAtMs: atMs, deadlineMs } });
}

export const loadBalancingFolds = {
  LoadBalancerCreated: setLoadBalancer,
  LoadBalancerChanged: setLoadBalancer,
  LoadBalancerRemoved: remove("LoadBalancer"),
  LoadBalancerUnreachable: (state, { payload, atMs }) =>
    state.tables.LoadBalancer.patch(payload.loadBalancer, { unreachableSinceMs: atMs }),
  LoadBalancerReachable: (state, { payload }) =>
    state.tables.LoadBalancer.patch(payload.loadBalancer, { unreachableSinceMs: null }),
  FailOpenBegan: (state, { payload }) => {
    const { openGroups } = state.tables.LoadBalancer.get(payload.loadBalancer);
    state.tables.LoadBalancer.patch(payload.loadBalancer, {
      openGroups: [...openGroups, payload.group],
    });
  },
  FailOpenEnded: (state, { payload }) => {
    const { openGroups } = state.tables.LoadBalancer.get(payload.loadBalancer);
    state.tables.LoadBalancer.patch(payload.loadBalancer, {
      openGroups: openGroups.filter((name) => name !== payload.group),
    });
  },
  TargetRegistered: create("LoadBalancerTarget"),
  TargetChanged: (state, { payload }) =>
    state.tables.LoadBalancerTarget.patch(payload.target, {
      port: payload.port,
      weight: payload.weight,
      address: payload.address,
    }),
  TargetUnused: (state, event) => enter(state, event, "UNUSED", { reasons: event.payload.reasons }),
  TargetInitial: (state, event) =>
    enter(state, event, "INITIAL", {
      deregistering: false,
      reasons: [{ code: "CHECK_PENDING", message: "no health check has passed yet" }],
    }),
  TargetHealthy: (state, event) => enter(state, event, "HEALTHY", { heldUntilMs: null }),
  TargetUnhealthy: (state, event) => {
    const { reasons, flaps, heldUntil: heldUntilMs } = event.payload;
    enter(state, event, "UNHEALTHY", { reasons, flaps, heldUntilMs });
  },
  TargetDraining: (state, event) => {
    const { reasons, until: drainUntilMs, deregistering } = event.payload;
    enter(state, event, "DRAINING", { reasons, drainUntilMs, deregistering });
  },
  TargetDrained: (state, event) => {
    const { reasons } = state.tables.LoadBalancerTarget.get(event.payload.target);
    const waited = awaitsDraining(state, state.tables.Guest.get(event.payload.guest));
    enter(state, event, "DRAINED", { reasons });
    if (waited) begin(state, event);
  },
  TargetDeregistered: remove("LoadBalancerTarget"),
} satisfies Folds;
