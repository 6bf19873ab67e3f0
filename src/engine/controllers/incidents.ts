import type { Host, Incident, Zone } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { HostId, IncidentId, Ref, Seq } from "../../model/ids.ts";
import { type FailureDomain, UTILITIES } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { isUnheard, isWatched, lacksUtility } from "../host-conditions.ts";
import { incidentAround, incidentBegunBy } from "../incident-of.ts";
import { nameOf } from "../name-of.ts";
import type { State } from "../state.ts";
import { disturbanceOf, disturbanceOfItsOwn, isUnheardSince } from "./disturbance.ts";

/**
 * Incidents: one root failure and all that follows. An incident begins when a zone loses a utility or
 * a host goes down that nobody sent down; what is put down to the same root later belongs to it too.
 * It is over when its zones have their utilities and know of all their hosts again, its hosts are
 * back or were taken over by somebody (in maintenance, or switched off by request), and none of its guests is down.
 */

/** What one root has hit in this decision. */
interface Hit {
  /** Null: its incident is to be opened. */
  readonly incidentId: IncidentId | null;
  readonly rootSeq: Seq;
  readonly causeSeq: Seq;
  /** Those that have joined by themselves: it was known what ails them as they went down. */
  readonly joined: Host[];
  readonly hosts: Host[];
  readonly zones: Zone[];
}

/** Losses without a known disturbance that come so soon after each other in one rack are one incident. */
const SOON_MS = 60_000;

/** Opens and widens incidents by the losses that this decision has told so far. */
export function tellIncidents(ctx: Context): void {
  const hits: Hit[] = [];
  for (const event of ctx.events) {
    if (event.kind === "ZoneUtilityLost") hitZone(ctx.state, hits, event);
    else if (event.kind === "HostDown") hitHost(ctx, hits, event);
  }
  for (const hit of hits) {
    const { id, definition } = changedBy(ctx, hit);
    if (hit.incidentId !== null && !isNews(ctx.state, hit, definition)) continue;
    const payload = {
      scope: definition.scopeRef,
      incident: id,
      what: whatHappened(ctx.state, definition, hit),
      hits: {
        hosts: hit.hosts.map((host) => host.id),
        zones: [...new Set(hit.zones.map((zone) => zone.id))],
      },
      definition,
    };
    ctx.emit(hit.incidentId === null ? "IncidentOpened" : "IncidentChanged", payload, hit.causeSeq);
  }
}

function isNews({ tables }: State, { incidentId, hosts, zones }: Hit, next: Incident): boolean {
  const known = tables.Incident.get(incidentId ?? 0);
  return hosts.length + zones.length > 0 || known.scopeRef.id !== next.scopeRef.id;
}

function hitZone(state: State, hits: Hit[], event: FleetEvent<"ZoneUtilityLost">): void {
  const zone = state.tables.Zone.get(event.payload.zone);
  const failing = [zone.power, zone.cooling, zone.network].filter((status) => status === "DOWN");
  if (failing.length > 1 && zone.incidentId !== null) return;
  const isFault = [...state.tables.Fault.values()].some(({ seq }) => seq === event.causeSeq);
  const rootSeq = isFault && event.causeSeq !== null ? event.causeSeq : event.seq;
  const incidentId = incidentBegunBy(state, rootSeq);
  add(hits, { incidentId, rootSeq, causeSeq: event.seq, joined: [], hosts: [], zones: [zone] });
}

function hitHost(ctx: Context, hits: Hit[], event: FleetEvent<"HostDown">): void {
  const { state } = ctx;
  const host = state.tables.Host.get(event.payload.host);
  if (host.power !== null) return;
  if (host.incidentId !== null) {
    const { rootSeq } = state.tables.Incident.get(host.incidentId);
    const { incidentId } = host;
    add(hits, { incidentId, rootSeq, causeSeq: event.seq, joined: [host], hosts: [], zones: [] });
    return;
  }
  // Free of guests for maintenance, it was in somebody's hands as it went down.
  if (host.maintenance && event.payload.guestsLost === 0) return;
  const zone = state.tables.Zone.get(host.zoneId);
  const found = rootOf(ctx, hits, host, event);
  const zones = zone.incidentId === null ? [zone] : [];
  add(hits, { ...found, causeSeq: event.seq, joined: [], hosts: [host], zones });
}

/** By what is known to ail it; else by hosts beside it that were lost just now; else it is a root itself. */
function rootOf(
  ctx: Context,
  hits: readonly Hit[],
  host: Host,
  event: FleetEvent<"HostDown">,
): Pick<Hit, "incidentId" | "rootSeq"> {
  const { state } = ctx;
  const around = incidentAround(state, host);
  if (around !== null)
    return { incidentId: around, rootSeq: state.tables.Incident.get(around).rootSeq };
  const known = disturbanceOfItsOwn(state, host) ?? disturbanceOf(state, host);
  if (known !== null) return { incidentId: null, rootSeq: known };
  const beside = besideInRack(ctx, host);
  if (beside) return { incidentId: beside.id, rootSeq: beside.rootSeq };
  const together = hits.find((hit) =>
    hit.hosts.some((other) => isUnexplainedIn(state, other, host)),
  );
  if (together) return together;
  return { incidentId: null, rootSeq: beganWith(ctx, event) };
}

function isUnexplainedIn(state: State, other: Host, { zoneId }: Host): boolean {
  return other.zoneId === zoneId && disturbanceOf(state, other) === null;
}

function besideInRack(ctx: Context, host: Host): Incident | null {
  const { tables, indexes } = ctx.state;
  if (host.rackId === null) return null;
  for (const id of indexes.hostsInRack.of(host.rackId)) {
    const other = tables.Host.get(id);
    if (other.incidentId === null || disturbanceOf(ctx.state, other) !== null) continue;
    const incident = tables.Incident.get(other.incidentId);
    if (ctx.nowMs - incident.openedAtMs <= SOON_MS) return incident;
  }
  return null;
}

/** What this decision followed from, as far back as it is known here. */
function beganWith(ctx: Context, event: FleetEvent): Seq {
  const first = ctx.events[0]?.seq ?? event.seq;
  let at: FleetEvent = event;
  while (at.causeSeq !== null && at.causeSeq >= first)
    at = ctx.events[at.causeSeq - first] as FleetEvent;
  return at.causeSeq ?? at.seq;
}

function add(hits: Hit[], hit: Hit): void {
  const known = hits.find(({ rootSeq }) => rootSeq === hit.rootSeq);
  if (!known) {
    hits.push(hit);
    return;
  }
  known.joined.push(...hit.joined);
  known.hosts.push(...hit.hosts);
  known.zones.push(...hit.zones);
}

function changedBy(
  ctx: Context,
  { incidentId, rootSeq, joined, hosts, zones }: Hit,
): { id: IncidentId; definition: Incident } {
  const known = incidentId === null ? null : ctx.state.tables.Incident.get(incidentId);
  const failing = zones.filter((zone) => lacksUtility(zone));
  let scopeRef: Ref | null = known?.scopeRef ?? null;
  for (const { id } of failing) scopeRef = covering(ctx.state, scopeRef, { type: "Zone", id });
  for (const { id } of [...joined, ...hosts])
    scopeRef = covering(ctx.state, scopeRef, { type: "Host", id });
  const scope = scopeRef as Ref;
  const id = incidentId ?? ctx.newId<IncidentId>();
  const definition: Incident = {
    id,
    domain: DOMAIN_OF[scope.type as keyof typeof DOMAIN_OF],
    scopeRef: scope,
    openedAtMs: known?.openedAtMs ?? ctx.nowMs,
    resolvedAtMs: null,
    hostsLost: (known?.hostsLost ?? 0) + hosts.length,
    guestsLost: known?.guestsLost ?? 0,
    rootSeq,
  };
  return { id, definition };
}

const DOMAIN_OF = {
  Host: "HOST",
  Rack: "RACK",
  DataCenter: "DATA_CENTER",
  Zone: "ZONE",
  Region: "REGION",
} as const satisfies Partial<Record<Ref["type"], FailureDomain>>;

/** The smallest domain that both are in; as far as the first has got where there is none. */
function covering(state: State, scope: Ref | null, thing: Ref): Ref {
  if (scope === null) return thing;
  const around = new Set(chainOf(state, thing).map(({ id }) => id));
  const chain = chainOf(state, scope);
  return chain.find(({ id }) => around.has(id)) ?? chain.at(-1) ?? scope;
}

/** The thing and all that it is in, from the inside out. */
function chainOf(state: State, thing: Ref): Ref[] {
  const chain: Ref[] = [];
  for (let at: Ref | null = thing; at; at = outside(state, at)) chain.push(at);
  return chain;
}

function outside({ tables }: State, { type, id }: Ref): Ref | null {
  switch (type) {
    case "Host": {
      const host = tables.Host.find(id);
      if (!host) return null;
      return host.rackId === null
        ? { type: "DataCenter", id: host.dataCenterId }
        : { type: "Rack", id: host.rackId };
    }
    case "Rack": {
      const rack = tables.Rack.find(id);
      return rack ? { type: "DataCenter", id: rack.dataCenterId } : null;
    }
    case "DataCenter": {
      const dataCenter = tables.DataCenter.find(id);
      return dataCenter ? { type: "Zone", id: dataCenter.zoneId } : null;
    }
    case "Zone": {
      const zone = tables.Zone.find(id);
      return zone ? { type: "Region", id: zone.regionId } : null;
    }
    default:
      return null;
  }
}

function whatHappened(state: State, { scopeRef, hostsLost }: Incident, { zones }: Hit): string {
  const lost = zones.flatMap((zone) =>
    UTILITIES.filter((utility) => zone[utility.toLowerCase() as "power"] === "DOWN").map(
      (utility) => `zone ${zone.name} has lost its ${utility.toLowerCase()}`,
    ),
  );
  if (hostsLost === 0) return lost.join(", ");
  const type = scopeRef.type === "DataCenter" ? "data center" : scopeRef.type.toLowerCase();
  const scope = `${type} ${nameOf(state, scopeRef.type, scopeRef.id)}`;
  const hosts = scopeRef.type === "Host" ? `${scope} is lost` : hostsOf(hostsLost, scope);
  return [...lost, hosts].join(", ");
}

function hostsOf(count: number, scope: string): string {
  return count === 1 ? `a host of ${scope} is lost` : `${count} hosts of ${scope} are lost`;
}

/** Says of each incident whose last member is well again that it is over. */
export function resolveIncidents(ctx: Context): void {
  const { incidents } = ctx.state.indexes;
  for (const id of [...incidents.open].sort((a, b) => a - b)) {
    if (!incidents.isOver(id) || awaitsWord(ctx.state, id)) continue;
    const incident = ctx.state.tables.Incident.get(id);
    const { scopeRef: scope, hostsLost, guestsLost, openedAtMs } = incident;
    const cause = ctx.events.findLast((event) => event.incidentId === id) ?? ctx.events.at(-1);
    const payload = {
      scope,
      incident: id,
      hostsLost,
      guestsLost,
      durationMs: ctx.nowMs - openedAtMs,
      definition: { ...incident, resolvedAtMs: ctx.nowMs },
    };
    ctx.emit("IncidentResolved", payload, cause?.seq ?? null);
  }
}

/** What a zone's failure did is known when each of its hosts was heard of again or is proven dead. */
function awaitsWord(state: State, id: IncidentId): boolean {
  const { incidents, suspects, hostsInZone } = state.indexes;
  const zones = incidents.zones.of(id);
  const mayHaveDied = (hostId: HostId) => {
    const host = state.tables.Host.get(hostId);
    if (!zones.includes(host.zoneId) || !(isWatched(host) || isUnheard(host))) return false;
    return isUnheardSince(state, host, state.tables.Zone.get(host.zoneId));
  };
  // Those on their way down are few, and the ones that keep it waiting for long.
  for (const hostId of suspects) if (mayHaveDied(hostId)) return true;
  return zones.some((zoneId) => [...hostsInZone.each(zoneId)].some(mayHaveDied));
}
