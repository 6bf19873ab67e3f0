import { EVENTS, type EventKind, type FleetEvent } from "../../model/events.ts";
import { extended } from "../../model/forecast.ts";
import type { ScalingGroupId } from "../../model/ids.ts";
import { type Hold, type MetricName, predictedMetrics } from "../../model/scaling.ts";
import { isLaunching } from "../guest-conditions.ts";
import type { State } from "../state.ts";
import { create, type Folds, nothing } from "./fold.ts";
import { countFailure, refreshFolds } from "./group-refresh.ts";
import { lifecycleFolds } from "./lifecycle-hooks.ts";
import { changeMembership } from "./membership.ts";

/** Reasons that have nothing to do with the size. */
const STAYS_HELD: ReadonlySet<string> = new Set(["METRICS_MISSING", "FORECAST_LEARNING"]);

/** Another size is another question. */
function step(state: State, event: FleetEvent<"GroupScaledOut"> | FleetEvent<"GroupScaledIn">) {
  const { group: id, toSize: desired } = event.payload;
  const held = state.tables.ScalingGroup.get(id).held.filter(({ reason }) =>
    STAYS_HELD.has(reason.code),
  );
  state.tables.ScalingGroup.patch(id, { desired, lastStepAtMs: event.atMs, held });
}

/** What was learned for policies that are not there any more. */
function forgetHistories(
  { tables, names }: State,
  groupId: ScalingGroupId,
  isKept: (metric: MetricName) => boolean,
): void {
  for (const metric of predictedMetrics(tables.ScalingGroup.get(groupId).policies)) {
    const id = names.loadHistory.find(metric, groupId);
    if (id !== undefined && !isKept(metric)) tables.LoadHistory.delete(id);
  }
}

function withoutHold(state: State, group: number, policy: string): readonly Hold[] {
  return state.tables.ScalingGroup.get(group).held.filter((each) => each.policy !== policy);
}

export const scalingFolds = {
  GroupCreated: create("ScalingGroup"),
  GroupChanged: (state, event) => {
    const { definition } = event.payload;
    const metrics = predictedMetrics(definition.policies);
    forgetHistories(state, definition.id, (metric) => metrics.has(metric));
    state.tables.ScalingGroup.set(definition);
  },
  GroupDeleteRequested: (state, { payload }) =>
    state.tables.ScalingGroup.patch(payload.group, { deleting: true, held: [], retryAtMs: null }),
  GroupRemoved: (state, { payload: { group } }) => {
    forgetHistories(state, group, () => false);
    state.tables.ScalingGroup.delete(group);
  },
  GroupLoadLearned: (state, { payload: { definition } }) => {
    const history = state.tables.LoadHistory.find(definition.id);
    state.tables.LoadHistory.set(history ? extended(history, definition) : definition);
  },
  GroupScheduleDue: (state, { payload }) =>
    state.tables.ScalingGroup.patch(payload.group, payload.definition),
  GroupScaledOut: step,
  GroupScaledIn: step,
  ScalingHeld: (state, { payload }) => {
    const { group, policy, reasons, retryAt } = payload;
    const [reason] = reasons;
    if (policy === null)
      state.tables.ScalingGroup.patch(group, { blockedBy: reasons, retryAtMs: retryAt });
    else if (reason)
      state.tables.ScalingGroup.patch(group, {
        held: [...withoutHold(state, group, policy), { policy, reason }],
      });
  },
  ScalingHoldEnded: (state, { payload: { group, policy } }) =>
    state.tables.ScalingGroup.patch(
      group,
      policy === null
        ? { blockedBy: [], retryAtMs: null }
        : { held: withoutHold(state, group, policy) },
    ),
  ScaleInProtectionChanged: (state, { payload }) =>
    changeMembership(state, payload.guest, { isProtected: payload.protected }),
  MemberUnhealthy: (state, { payload }) =>
    changeMembership(state, payload.guest, { illness: payload.definition.illness }),
  MemberHealthy: (state, { payload }) => changeMembership(state, payload.guest, { illness: null }),
  MemberHealthDoubted: (state, { payload }) =>
    changeMembership(state, payload.guest, { illness: null }),
  MemberFailed: (state, { payload }) => {
    const illness = state.tables.Guest.get(payload.guest).membership?.illness;
    if (!illness) return;
    const failed = { ...illness, reason: payload.reason, failsAtMs: null };
    changeMembership(state, payload.guest, { illness: failed });
  },
  ...lifecycleFolds,
  ...refreshFolds,
  MemberRefreshed: nothing,
  MemberReplaced: (state, event) => {
    const { group, launchFailures } = event.payload;
    state.tables.ScalingGroup.patch(group, { launchFailures });
    countFailure(state, event);
  },
} satisfies Folds;

/** The scaling group of the guest that it is about; after a guest is gone, nobody knows. */
export function groupOf(state: State, { payload }: FleetEvent): ScalingGroupId | null {
  if (state.tables.ScalingGroup.size === 0) return null;
  if (!("guest" in payload) || payload.guest === null) return null;
  return state.tables.Guest.find(payload.guest)?.membership?.groupId ?? null;
}

/** A member came up: whatever kept others from it, it is not what they are made of. */
const COMES_UP: ReadonlySet<EventKind> = new Set<EventKind>([
  "GuestStarted",
  "GuestFailedOver",
  "MemberInService",
]);
function hasLaunched({ tables }: State, { payload }: FleetEvent): boolean {
  const guest = "guest" in payload ? tables.Guest.find(payload.guest ?? 0) : undefined;
  return guest !== undefined && !isLaunching(guest);
}
/** Facts after which a tenant may be allowed more. */
const EASES_QUOTA: ReadonlySet<EventKind> = new Set<EventKind>(["GuestDeleted", "GuestResized"]);

/** Takes note of which groups are to be looked at. `memberOf` is the group of the guest before the fold. */
export function followScaling(
  state: State,
  event: FleetEvent,
  memberOf: ScalingGroupId | null,
): void {
  if (state.tables.ScalingGroup.size === 0) return;
  const { kind } = event;
  const groupId = memberOf ?? groupOf(state, event) ?? ownGroup(event);
  if (groupId !== null && kind !== "ScalingHeld" && kind !== "ScalingHoldEnded")
    state.groupsDue.add(groupId);
  // Its members may be spread more evenly now.
  if (groupId !== null && state.indexes.scaling.uneven.has(groupId)) state.movesDueAtMs = 0;
  const group = groupId === null ? undefined : state.tables.ScalingGroup.find(groupId);
  if (group && group.launchFailures > 0 && COMES_UP.has(kind) && hasLaunched(state, event))
    state.tables.ScalingGroup.patch(group.id, { launchFailures: 0 });
  if (group && kind === "GuestCreated")
    state.tables.ScalingGroup.patch(group.id, {
      nextNumber: (event.payload.definition.membership?.number ?? 0) + 1,
    });
  if (kind === "TenantQuotaChanged") lookAtQuotas(state, event.payload.tenant);
  else if (EASES_QUOTA.has(kind)) lookAtQuotas(state, event.tenantId);
}

function ownGroup({ kind, payload }: FleetEvent): ScalingGroupId | null {
  const fields: Readonly<Record<string, string>> = EVENTS[kind].fields;
  if (fields["group"] !== "ScalingGroup") return null;
  return (payload as { group: ScalingGroupId }).group;
}

function lookAtQuotas({ indexes, tables, groupsDue }: State, tenantId: number | null): void {
  for (const id of indexes.scaling.groupsOfTenant.each(tenantId ?? 0)) {
    const { blockedBy, held } = tables.ScalingGroup.get(id);
    const reasons = [...blockedBy, ...held.map(({ reason }) => reason)];
    if (reasons.some(({ code }) => code === "OVER_QUOTA")) groupsDue.add(id);
  }
}
