import type { Guest, ScalingGroup } from "../model/entities.ts";
import { goesOn } from "../model/group-refresh.ts";
import type { GuestId, HostId, ScalingGroupId, ZoneId } from "../model/ids.ts";
import {
  isUsage,
  type MetricName,
  REQUESTS_PER_TARGET,
  type ScalingPolicy,
} from "../model/scaling.ts";
import { Groups, keep } from "./groups.ts";
import { isTerminating } from "./guest-conditions.ts";
import { Timers } from "./timers.ts";

/** Where a guest stands, or goes to. One on its way out of its group is nowhere. */
function standsOn(guest: Guest | undefined): HostId | null {
  if (!guest?.membership || guest.deleting || isTerminating(guest)) return null;
  return guest.targetHostId ?? guest.hostId;
}

export function groupTimerOf(group: ScalingGroup): number | null {
  const { schedules, retryAtMs, deleting, refresh } = group;
  if (deleting) return null;
  const times = [...schedules.map(({ nextAtMs }) => nextAtMs), retryAtMs];
  if (goesOn(refresh)) times.push(refresh.waitsUntilMs, refresh.lookAtMs);
  const next = Math.min(...times.map((atMs) => atMs ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(next) ? next : null;
}

export function memberTimerOf(guest: Guest): number | null {
  const { membership, deleting } = guest;
  if (deleting || membership === null) return null;
  const { illness, lifecycle } = membership;
  const times = (lifecycle?.hooks ?? []).map(({ timesOutAtMs }) => timesOutAtMs);
  // Nobody who goes is replaced.
  if (illness?.failsAtMs != null && !isTerminating(guest)) times.push(illness.failsAtMs);
  return times.length > 0 ? Math.min(...times) : null;
}

/** Scaling groups, their members, and where these stand. */
export class ScalingIndex {
  readonly members = new Groups<GuestId>();
  readonly groupsOfTenant = new Groups<ScalingGroupId>();
  /** Groups with something ahead. */
  readonly groupTimers = new Timers<ScalingGroupId>();
  /** Members that fail if they are ill for much longer, or whose hooks time out. */
  readonly memberTimers = new Timers<GuestId>();
  /** Groups with policies about a metric. */
  readonly watched = new Set<ScalingGroupId>();
  /** Those of them with one about what guests use, or about the requests that they get. */
  readonly measured = new Set<ScalingGroupId>();
  readonly byRequests = new Set<ScalingGroupId>();
  /** Groups that might be spread more evenly over the zones where they may run. */
  readonly uneven = new Set<ScalingGroupId>();
  readonly #standing = new Map<ScalingGroupId, Map<ZoneId, number>>();
  /** Where they may run; [] is everywhere. */
  readonly #zonesOf = new Map<ScalingGroupId, readonly ZoneId[]>();
  readonly #zones = new Set<ZoneId>();

  /** How many members of a group stand in a zone. */
  standing(groupId: ScalingGroupId, zoneId: ZoneId): number {
    return this.#standing.get(groupId)?.get(zoneId) ?? 0;
  }

  zoneChanged(id: ZoneId, isThere: boolean): void {
    if (this.#zones.has(id) === isThere) return;
    keep(this.#zones, id, isThere);
    for (const groupId of this.#zonesOf.keys()) this.#judge(groupId);
  }

  groupChanged(before: ScalingGroup | undefined, after: ScalingGroup | undefined): void {
    const group = after ?? before;
    if (!group) return;
    const { id, tenantId, zoneIds } = group;
    this.groupTimers.set(id, after ? groupTimerOf(after) : null);
    const metrics = (after?.policies ?? []).flatMap(metricOf);
    keep(this.watched, id, metrics.length > 0);
    keep(this.measured, id, metrics.some(isUsage));
    keep(this.byRequests, id, metrics.includes(REQUESTS_PER_TARGET));
    if (after) this.groupsOfTenant.add(tenantId, id);
    else this.groupsOfTenant.remove(tenantId, id);
    if (before && after && before.zoneIds === after.zoneIds) return;
    if (after) this.#zonesOf.set(id, zoneIds);
    else this.#zonesOf.delete(id);
    this.#judge(id);
  }

  guestChanged(
    before: Guest | undefined,
    after: Guest | undefined,
    zoneOf: (hostId: HostId) => ZoneId,
  ): void {
    const groupId = (after ?? before)?.membership?.groupId;
    if (groupId === undefined) return;
    if (before && !after) this.members.remove(groupId, before.id);
    if (after && !before) this.members.add(groupId, after.id);
    const id = (after ?? before)?.id as GuestId;
    this.memberTimers.set(id, after ? memberTimerOf(after) : null);
    const [from, to] = [standsOn(before), standsOn(after)];
    if (from === to) return;
    if (from !== null) this.#count(groupId, zoneOf(from), -1);
    if (to !== null) this.#count(groupId, zoneOf(to), 1);
    this.#judge(groupId);
  }

  #count(groupId: ScalingGroupId, zoneId: ZoneId, by: 1 | -1): void {
    const counts = this.#standing.get(groupId) ?? new Map<ZoneId, number>();
    const count = (counts.get(zoneId) ?? 0) + by;
    if (count === 0) counts.delete(zoneId);
    else counts.set(zoneId, count);
    if (counts.size === 0) this.#standing.delete(groupId);
    else this.#standing.set(groupId, counts);
  }

  #judge(groupId: ScalingGroupId): void {
    const zones = this.#zonesOf.get(groupId);
    const counts = zones && this.#standing.get(groupId);
    if (!zones || !counts) {
      this.uneven.delete(groupId);
      return;
    }
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (const zoneId of zones.length > 0 ? zones : this.#zones) {
      const count = counts.get(zoneId) ?? 0;
      least = Math.min(least, count);
      most = Math.max(most, count);
    }
    const isAstray = zones.length > 0 && [...counts.keys()].some((id) => !zones.includes(id));
    keep(this.uneven, groupId, isAstray || most - least > 1);
  }
}

function metricOf(policy: ScalingPolicy): MetricName[] {
  return policy.kind === "SCHEDULED" ? [] : [policy.metric];
}
