import type { Failover, Guest, Host } from "../../model/entities.ts";
import type { FailoverId, HostId, Ref, Seq } from "../../model/ids.ts";
import type { FailureDomain } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { isWanted } from "../guest-conditions.ts";
import { willServe } from "./dependencies.ts";
import { failOperationOf, NEED_A_RUNNING_GUEST } from "./operations.ts";

/** Recovery: what was lost with its hosts is counted as one failover per failure domain, and started elsewhere. */

interface Loss {
  readonly domain: FailureDomain;
  readonly scope: Ref;
  readonly hosts: readonly Host[];
  readonly causeSeq: Seq;
}

/** Opens a failover for each failure domain that was lost in this decision, and lets its guests go. */
export function openFailovers(ctx: Context): void {
  for (const loss of losses(ctx)) {
    const wanted = countWanted(ctx, loss.hosts);
    const failover = wanted > 0 ? open(ctx, loss, wanted) : null;
    for (const host of loss.hosts) releaseGuests(ctx, host, failover);
  }
}

function countWanted({ state }: Context, hosts: readonly Host[]): number {
  let wanted = 0;
  for (const { id } of hosts)
    for (const guestId of state.indexes.guestsOnHost.each(id))
      if (isWanted(state.tables.Guest.get(guestId))) wanted++;
  return wanted;
}

function open(ctx: Context, loss: Loss, guestsAffected: number): { id: FailoverId; seq: Seq } {
  const id = ctx.newId<FailoverId>();
  const { domain, scope, causeSeq } = loss;
  const payload = { scope, domain, failover: id, guestsAffected };
  const seq = ctx.emit("FailoverStarted", payload, causeSeq);
  return { id, seq };
}

function releaseGuests(
  ctx: Context,
  host: Host,
  failover: { id: FailoverId; seq: Seq } | null,
): void {
  const lastSeenAt = host.lastSeenAtMs ?? ctx.nowMs;
  for (const id of ctx.state.indexes.guestsOnHost.of(host.id)) {
    const guest = ctx.state.tables.Guest.get(id);
    if (guest.hostId !== host.id) continue;
    if (guest.targetHostId !== null) removeHalfMigrated(ctx, guest, guest.targetHostId);
    if (!isWanted(guest) || !failover) {
      ctx.emit("GuestStopped", { guest: id, host: host.id }, host.causeSeq);
    } else {
      const lost = { guest: id, host: host.id, lastSeenAt, failover: failover.id };
      const seq = ctx.emit("GuestLost", lost, causeOfLoss(ctx, host, failover));
      failOperationOf(ctx, id, NEED_A_RUNNING_GUEST, `host ${host.name} is down`, seq);
      if (!ctx.recoversLater) ctx.toPlace.guests.add(id);
    }
    ctx.touchedGuests.add(id);
  }
}

/** A failover may gather what several incidents took at one instant; each guest is lost by its own host's. */
function causeOfLoss(
  { state }: Context,
  { incidentId, causeSeq }: Host,
  failover: { id: FailoverId; seq: Seq },
): Seq | null {
  const isOfAnother = incidentId !== state.tables.Failover.get(failover.id).incidentId;
  return isOfAnother && incidentId !== null ? causeSeq : failover.seq;
}

/** Its source died before the migration was heard to end: whatever arrived is killed before it restarts. */
function removeHalfMigrated(ctx: Context, guest: Guest, targetHostId: HostId): void {
  const payload = { host: targetHostId, guest: guest.id, guestName: guest.name };
  ctx.emit("StaleGuestRemoved", payload, guest.causeSeq);
}

/** The hosts that went down in this decision, gathered into the largest failure domains that are lost whole. */
function losses(ctx: Context): Loss[] {
  const { tables } = ctx.state;
  const rest = new Map(ctx.hostsDown.map((id) => [id, tables.Host.get(id)]));
  const found: Loss[] = [];
  const gather = (domain: FailureDomain, scope: (host: Host) => Ref | null) => {
    for (const [ref, hosts] of groupBy([...rest.values()], scope)) {
      if (hosts.length < 2 || !isLostWhole(ctx, ref)) continue;
      found.push({ domain, scope: ref, hosts, causeSeq: causeOf(ctx, ref, hosts) });
      for (const host of hosts) rest.delete(host.id);
    }
  };
  gather("REGION", (host) => ({ type: "Region", id: tables.Zone.get(host.zoneId).regionId }));
  gather("ZONE", (host) => ({ type: "Zone", id: host.zoneId }));
  gather("DATA_CENTER", (host) => ({ type: "DataCenter", id: host.dataCenterId }));
  gather("RACK", (host) => (host.rackId === null ? null : { type: "Rack", id: host.rackId }));
  for (const host of rest.values())
    found.push({
      domain: "HOST",
      scope: { type: "Host", id: host.id },
      hosts: [host],
      causeSeq: host.causeSeq ?? 0,
    });
  return found;
}

function groupBy(hosts: readonly Host[], scope: (host: Host) => Ref | null): [Ref, Host[]][] {
  const groups = new Map<number, [Ref, Host[]]>();
  for (const host of hosts) {
    const ref = scope(host);
    if (!ref) continue;
    const group = groups.get(ref.id);
    if (group) group[1].push(host);
    else groups.set(ref.id, [ref, [host]]);
  }
  return [...groups.values()];
}

/** A domain of one smaller domain is named by the smaller: losing the only zone of a region is a zone's loss. */
function isLostWhole(ctx: Context, ref: Ref): boolean {
  const { tables, indexes } = ctx.state;
  const isDown = (id: HostId) => {
    const host = tables.Host.get(id);
    return !host.everUp || host.status === "DOWN";
  };
  const zoneIsDown = (zoneId: number) => indexes.hostsInZone.of(zoneId).every(isDown);
  switch (ref.type) {
    case "Region": {
      const zones = tables.Zone.sorted().filter((zone) => zone.regionId === ref.id);
      return zones.length > 1 && zones.every((zone) => zoneIsDown(zone.id));
    }
    case "Zone":
      return zoneIsDown(ref.id);
    case "DataCenter": {
      const { zoneId } = tables.DataCenter.get(ref.id);
      return indexes.hostsInZone
        .of(zoneId)
        .filter((id) => tables.Host.get(id).dataCenterId === ref.id)
        .every(isDown);
    }
    case "Rack":
      return indexes.hostsInRack.of(ref.id).every(isDown);
    default:
      return false;
  }
}

/** ZoneDown where this decision said so, else the last of the hosts to go. */
function causeOf(ctx: Context, ref: Ref, hosts: readonly Host[]): Seq {
  const zoneDown = ctx.events.findLast(
    (event) => event.kind === "ZoneDown" && event.subject?.id === ref.id,
  );
  return zoneDown?.seq ?? hosts.at(-1)?.causeSeq ?? 0;
}

/** A failover is complete when each of its guests runs again or cannot. */
export function completeFailover(ctx: Context, id: FailoverId): void {
  const failover = ctx.state.tables.Failover.find(id);
  if (!failover || failover.completedAtMs !== null) return;
  const { pendingOfFailover, guestsOfFailover } = ctx.state.indexes;
  if (pendingOfFailover.of(id) > 0) return;
  if (guestsOfFailover.of(id).some((guestId) => willServe(ctx.state, guestId))) return;
  ctx.emit("FailoverCompleted", summary(ctx, failover), failover.seq);
}

function summary(ctx: Context, failover: Failover) {
  return {
    scope: failover.scopeRef,
    domain: failover.scope,
    failover: failover.id,
    guestsRecovered: failover.guestsRecovered,
    guestsUnrecovered: failover.guestsUnrecovered,
    durationMs: ctx.nowMs - failover.startedAtMs,
  };
}
