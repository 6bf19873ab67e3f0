import type { FleetEvent } from "../../model/events.ts";
import { type GroupRefresh, goesOn } from "../../model/group-refresh.ts";
import type { RefreshStatus } from "../../model/statuses.ts";
import { isStale } from "../group-refresh-conditions.ts";
import type { State } from "../state.ts";
import type { Folds } from "./fold.ts";

type OfGroup = FleetEvent & { payload: { group: number } };

function change(state: State, { payload }: OfGroup, fields: Partial<GroupRefresh>): void {
  const { refresh } = state.tables.ScalingGroup.get(payload.group);
  if (refresh)
    state.tables.ScalingGroup.patch(payload.group, { refresh: { ...refresh, ...fields } });
}

/** It waits for nothing any more. */
function end(state: State, event: OfGroup, status: RefreshStatus, reason?: string): void {
  const more = reason === undefined ? {} : { reason };
  const over = { waitsUntilMs: null, lookAtMs: null, endedAtMs: event.atMs };
  change(state, event, { status, ...over, ...more });
}

/** The template that was to be is one to come back to; what failed with it says nothing of the other one. */
function rollBack(state: State, event: FleetEvent<"GroupRefreshRollingBack">): void {
  const { group: id, fromRevision, toRevision, reason, definition } = event.payload;
  const { template } = state.tables.ScalingGroup.get(id);
  state.tables.ScalingGroup.patch(id, {
    template: definition.template,
    templateRevision: toRevision,
    previousTemplate: { revision: fromRevision, template },
    launchFailures: 0,
  });
  change(state, event, {
    status: "ROLLING_BACK",
    waitsUntilMs: null,
    endedAtMs: null,
    failures: 0,
    percent: 0,
    reason,
  });
}

/** A new member that failed by itself speaks against the template. */
export function countFailure(state: State, event: FleetEvent<"MemberReplaced">): void {
  const { group: id, guest: guestId } = event.payload;
  const { refresh } = state.tables.ScalingGroup.get(id);
  const { membership, desired } = state.tables.Guest.get(guestId);
  if (!membership || !goesOn(refresh) || desired !== "RUNNING") return;
  if (!isStale(membership, refresh)) change(state, event, { failures: refresh.failures + 1 });
}

export const refreshFolds = {
  // Why members did not come up before says nothing of those that come now.
  GroupRefreshStarted: (state, { payload }) =>
    state.tables.ScalingGroup.patch(payload.group, { ...payload.definition, launchFailures: 0 }),
  GroupRefreshProgressed: (state, event) => {
    const { percent, definition } = event.payload;
    change(state, event, { percent, ...definition });
  },
  GroupRefreshCheckpointReached: (state, event) => {
    const { checkpoints, waitsUntil: waitsUntilMs } = event.payload;
    change(state, event, { status: "AT_CHECKPOINT", checkpoints, waitsUntilMs });
  },
  GroupRefreshResumed: (state, event) =>
    change(state, event, { status: "IN_PROGRESS", waitsUntilMs: null }),
  GroupRefreshCompleted: (state, event) => end(state, event, "COMPLETED"),
  GroupRefreshFailed: (state, event) => end(state, event, "FAILED", event.payload.reason),
  GroupRefreshRollingBack: rollBack,
  GroupRefreshRolledBack: (state, event) => end(state, event, "ROLLED_BACK"),
  GroupRefreshCancelled: (state, event) => end(state, event, "CANCELLED", event.payload.reason),
} satisfies Folds;
