import type { Guest, ScalingGroup } from "../../model/entities.ts";
import { HISTORY_SLOTS, type LoadHistory } from "../../model/forecast.ts";
import { goesOn } from "../../model/group-refresh.ts";
import type { LifecycleWait } from "../../model/lifecycle-hooks.ts";
import { predictedMetrics } from "../../model/scaling.ts";
import { failedCheck } from "../controllers/load-balancing/member-health.ts";
import { isKept, type Member, membersOf } from "../controllers/scaling/members.ts";
import { isLaunching, isTerminating } from "../guest-conditions.ts";
import { groupTimerOf, memberTimerOf, ScalingIndex } from "../scaling-index.ts";
import type { State } from "../state.ts";
import { broken } from "./claim.ts";

/** Groups have the members that they are to have, or say why not, and never more than they may. */
export function groupsAreSound(state: State): string[] {
  return [
    ...state.tables.ScalingGroup.sorted().flatMap((group) => groupIsSound(state, group)),
    ...state.tables.Guest.sorted().flatMap((guest) => membershipIsSound(state, guest)),
    ...state.tables.LoadHistory.sorted().flatMap((history) => historyIsSound(state, history)),
  ];
}

/** It is learned for somebody, begins with what is known, and does not grow for ever. */
function historyIsSound({ tables, names }: State, history: LoadHistory): string[] {
  const { id, groupId, metric, loads } = history;
  const policies = tables.ScalingGroup.find(groupId)?.policies ?? [];
  return broken(`load history of ${metric}`, [
    [predictedMetrics(policies).has(metric), "is of use to nobody"],
    [names.loadHistory.find(metric, groupId) === id, "is there twice"],
    [typeof loads[0] === "number" && typeof loads.at(-1) === "number", "begins or ends in a gap"],
    [loads.length <= HISTORY_SLOTS, `has ${loads.length} slots`],
  ]);
}

function groupIsSound(state: State, group: ScalingGroup): string[] {
  const { id, name, tenantId, min, max, desired, deleting, blockedBy, template, refresh } = group;
  const { tables, groupsDue } = state;
  const members = membersOf(state, id);
  const size = members.length;
  const useful = members.filter((member) => !isKept(state, member)).length;
  // It is looked at before time goes on.
  const isNext = groupsDue.has(id) || deleting;
  const isExcused = (code: string) => blockedBy.some((reason) => reason.code === code);
  return broken(`scaling group ${name}`, [
    [min <= desired && desired <= max, `is to have ${desired}, from ${min} to ${max}`],
    [isNext || size <= max || isExcused("SCALE_IN_PROTECTED"), `has ${size} of ${max}`],
    [isNext || size >= min || isExcused("OVER_QUOTA"), `has ${size}, and ${min} at least`],
    [
      isNext || useful === desired || blockedBy.length > 0 || (useful > desired && goesOn(refresh)),
      `has ${useful} and not ${desired}`,
    ],
    [tables.Tenant.find(tenantId) !== undefined, "has no tenant"],
    [tables.Image.find(template.imageId) !== undefined, "has no image"],
    [template.flavorIds.every((each) => tables.Flavor.find(each)), "has no flavor"],
    [group.zoneIds.every((each) => tables.Zone.find(each)), "is in a zone that is gone"],
  ]);
}

function isHeld({ hooks, abandoned }: LifecycleWait): boolean {
  return hooks.length > 0 || abandoned !== null;
}

function membershipIsSound(state: State, guest: Guest): string[] {
  const { tables, groupsDue } = state;
  const { membership, name, tenantId, status, deleting } = guest;
  if (membership === null) return [];
  const group = tables.ScalingGroup.find(membership.groupId);
  const isFailing = group && failedCheck(state, group, guest as Member) !== undefined;
  const { illness } = membership;
  const isLeaving = deleting || isTerminating(guest);
  const isNext = deleting || groupsDue.has(membership.groupId);
  const runs = status === "RUNNING" || status === "MIGRATING";
  return broken(`member ${name}`, [
    [group?.tenantId === tenantId, "is in no group of its tenant"],
    [membership.number < (group?.nextNumber ?? 0), "has a number that is still to be given"],
    [runs === (membership.runsSinceMs !== null), `runs since ${membership.runsSinceMs}`],
    [isLeaving || !isFailing || illness !== null, "is well, and its load balancers say no"],
    [isLeaving || isFailing || !illness?.byLoadBalancer, "is ill, and its load balancers say no"],
    [
      isNext || !isLaunching(guest) || !runs || membership.lifecycle !== null,
      "runs, and neither serves nor waits",
    ],
    [isNext || !isTerminating(guest) || runs, "waits for hooks before it goes, and does not run"],
    [
      isNext || membership.lifecycle === null || !runs || isHeld(membership.lifecycle),
      "waits for no hook any more",
    ],
  ]);
}

/** What the index of groups holds, and what the tables say. */
export function scalingExpectations(state: State): Record<string, [unknown, unknown]> {
  const { tables, indexes } = state;
  const groups = tables.ScalingGroup.sorted();
  const guests = tables.Guest.sorted();
  const anew = new ScalingIndex();
  for (const { id } of tables.Zone.sorted()) anew.zoneChanged(id, true);
  for (const group of groups) anew.groupChanged(undefined, group);
  for (const guest of guests)
    anew.guestChanged(undefined, guest, (hostId) => tables.Host.get(hostId).zoneId);
  const shown = (index: ScalingIndex) =>
    groups.map(({ id, tenantId }) => [
      index.members.of(id),
      index.groupsOfTenant.of(tenantId),
      index.groupTimers.has(id),
      index.watched.has(id),
      index.measured.has(id),
      index.uneven.has(id),
      tables.Zone.sorted().map((zone) => index.standing(id, zone.id)),
    ]);
  return {
    scaling: [shown(indexes.scaling), shown(anew)],
    groupTimers: [
      groups.map(({ id }) => indexes.scaling.groupTimers.has(id)),
      groups.map((group) => groupTimerOf(group) !== null),
    ],
    memberTimers: [
      guests.map(({ id }) => indexes.scaling.memberTimers.has(id)),
      guests.map((guest) => memberTimerOf(guest) !== null),
    ],
  };
}
