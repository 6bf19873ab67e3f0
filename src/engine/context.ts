import type { Actor } from "../model/actors.ts";
import { ENGINE } from "../model/actors.ts";
import type { FieldType } from "../model/events/field-types.ts";
import { EVENTS, type EventKind, type FleetEvent, type Payload } from "../model/events.ts";
import type { GuestId, HostId, Ref, ScalingGroupId, Seq, TenantId, ZoneId } from "../model/ids.ts";
import { type NameOf, render } from "../model/message.ts";
import type { Severity } from "../model/statuses.ts";
import { evolveOne } from "./evolve.ts";
import { incidentOf } from "./incident-of.ts";
import { nameOf } from "./name-of.ts";
import type { PlacementDue, State } from "./state.ts";

/** Which waiting guests this decision looks for places for: those that are due, and those that it concerns. */
export class PlacementQueue {
  due: PlacementDue = "NOBODY";
  readonly guests = new Set<GuestId>();
}

/**
 * One decision in the making. `emit` records a fact and folds it into the working state at once, so
 * that the next step of the same decision sees it.
 */
export class Context {
  readonly state: State;
  readonly nowMs: number;
  readonly events: FleetEvent[] = [];
  readonly toPlace = new PlacementQueue();
  /** Guests and hosts and zones that this decision touched and whose controllers must look again. */
  readonly touchedGuests = new Set<GuestId>();
  readonly touchedZones = new Set<ZoneId>();
  /** Hosts proven dead in this decision, whose guests must be recovered. */
  readonly hostsDown: HostId[] = [];
  /** Their guests find places in a TICK: by then more hosts may be proven dead. */
  recoversLater = false;
  /** How many of the events have been searched for what makes or ends contradictions of rules. */
  rulesCheckedTo = 0;
  /** Balancing and power management are thought over in this decision. */
  balances = false;
  /** This decision looks at guests that should be elsewhere, and when that is to be done again. */
  looksAtMoves = false;
  movesNextMs = Number.POSITIVE_INFINITY;
  /** Scaling groups that this decision brings to the size that they are to have. */
  readonly groupsToReconcile = new Set<ScalingGroupId>();
  readonly #actor: Actor;
  readonly #nameOf: NameOf;
  #nextId: number;

  constructor(state: State, nowMs: number, actor: Actor) {
    this.state = state;
    this.nowMs = nowMs;
    this.#actor = actor;
    this.#nameOf = (type, id) => nameOf(state, type, id);
    this.#nextId = state.meta.nextId;
  }

  /** An id from the fleet's one sequence. */
  newId<T>(): T {
    this.#nextId = Math.max(this.#nextId, this.state.meta.nextId);
    return this.#nextId++ as T;
  }

  /** A fact that whoever gave the input brought about, `graver` than its kind usually is if that is given. */
  emitAsActor<K extends EventKind>(
    kind: K,
    payload: Payload<K>,
    causeSeq: Seq | null,
    graver: Severity | null = null,
  ): Seq {
    return this.#emit(kind, payload, causeSeq, this.#actor, graver);
  }

  /** A fact that the engine brought about, `graver` than its kind usually is if that is given. */
  emit<K extends EventKind>(
    kind: K,
    payload: Payload<K>,
    causeSeq: Seq | null,
    graver: Severity | null = null,
  ): Seq {
    return this.#emit(kind, payload, causeSeq, ENGINE, graver);
  }

  #emit<K extends EventKind>(
    kind: K,
    payload: Payload<K>,
    causeSeq: Seq | null,
    actor: Actor,
    graver: Severity | null = null,
  ): Seq {
    const { state } = this;
    const { category, severity } = EVENTS[kind];
    const definition = definitionOf(payload);
    const subject = subjectOf(kind, payload);
    // A thing that is about to exist can be named and located by its definition alone.
    const event = {
      seq: state.meta.seq + 1,
      atMs: this.nowMs,
      kind,
      category,
      severity: graver ?? severity,
      message: render(this.#nameOf, kind, payload, definition),
      subject,
      tenantId: tenantAsking(kind, actor) ?? tenantOf(state, payload, subject, definition),
      zoneId: zoneOf(state, payload, subject, definition),
      causeSeq,
      incidentId: incidentOf(state, kind, payload, subject, this.#eventOf(causeSeq)),
      actor,
      payload,
    } as FleetEvent;
    this.events.push(event);
    evolveOne(state, event);
    return event.seq;
  }

  /** Undefined for what was there before this decision. */
  #eventOf(seq: Seq | null): FleetEvent | undefined {
    const first = this.events[0];
    return seq === null || !first ? undefined : this.events[seq - first.seq];
  }
}

type Definition = { id?: number; name?: string; zoneId?: ZoneId; tenantId?: TenantId } | null;

function definitionOf(payload: object): Definition {
  return "definition" in payload ? (payload.definition as Definition) : null;
}

/** The entity types among the field types: those whose value is an id. */
const NAMED: ReadonlySet<string> = new Set([
  "Region",
  "Zone",
  "DataCenter",
  "Rack",
  "Host",
  "Tenant",
  "Flavor",
  "Image",
  "Guest",
  "AffinityRule",
  "SecurityGroup",
  "Operation",
  "Failover",
  "Incident",
  "ApiToken",
  "Recommendation",
  "LoadBalancer",
  "LoadBalancerTarget",
  "ScalingGroup",
]);

const SUBJECT_FIELDS = new Map<EventKind, { field: string; type: FieldType } | null>();
function subjectField(kind: EventKind): { field: string; type: FieldType } | null {
  const known = SUBJECT_FIELDS.get(kind);
  if (known !== undefined) return known;
  const found = Object.entries(EVENTS[kind].fields).find(
    ([, type]) => NAMED.has(type) || type === "node" || type === "node?",
  );
  const subject = found ? { field: found[0], type: found[1] as FieldType } : null;
  SUBJECT_FIELDS.set(kind, subject);
  return subject;
}

function subjectOf(kind: EventKind, payload: object): Ref | null {
  const subject = subjectField(kind);
  if (!subject) return null;
  const value = (payload as Record<string, unknown>)[subject.field];
  return subject.type.startsWith("node")
    ? (value as Ref | null)
    : ({ type: subject.type, id: value } as Ref);
}

/** What somebody asked for is its own tenant's, whatever it was about. */
function tenantAsking(kind: EventKind, actor: Actor): TenantId | null {
  if (kind !== "CommandAudited" || actor.kind !== "PRINCIPAL") return null;
  return actor.tenantId ?? null;
}

function tenantOf(
  state: State,
  payload: object,
  subject: Ref | null,
  definition: Definition,
): TenantId | null {
  if (subject?.type === "Tenant") return subject.id;
  if (definition?.tenantId) return definition.tenantId;
  if (
    subject?.type === "Guest" ||
    subject?.type === "SecurityGroup" ||
    subject?.type === "LoadBalancer" ||
    subject?.type === "ScalingGroup"
  )
    return state.tables[subject.type].find(subject.id)?.tenantId ?? null;
  // There is no operation yet when it starts, and no token any more when it is revoked.
  const { guest, tenant } = payload as { guest?: GuestId | null; tenant?: TenantId | null };
  if (subject?.type === "ApiToken") return tenant ?? null;
  if (subject?.type === "LoadBalancerTarget" && guest)
    return state.tables.Guest.find(guest)?.tenantId ?? null;
  if (subject?.type === "Operation" && guest)
    return state.tables.Guest.find(guest)?.tenantId ?? null;
  return null;
}

/** Where it happened: the host it names last (a guest that moves is where it arrives), else where its subject stands. */
function zoneOf(
  state: State,
  payload: object,
  subject: Ref | null,
  definition: Definition,
): ZoneId | null {
  if (definition?.zoneId) return definition.zoneId;
  const { toHost, host, zone } = payload as { toHost?: number; host?: number; zone?: ZoneId };
  if (zone !== undefined) return zone;
  const hostId = toHost ?? host;
  if (hostId) return state.tables.Host.find(hostId)?.zoneId ?? null;
  if (!subject) return null;
  return zoneOfRef(state, subject);
}

function zoneOfRef(state: State, ref: Ref): ZoneId | null {
  const { tables } = state;
  switch (ref.type) {
    case "Zone":
      return ref.id;
    case "Host":
      return tables.Host.find(ref.id)?.zoneId ?? null;
    case "DataCenter":
      return tables.DataCenter.find(ref.id)?.zoneId ?? null;
    case "Rack": {
      const rack = tables.Rack.find(ref.id);
      return rack ? (tables.DataCenter.find(rack.dataCenterId)?.zoneId ?? null) : null;
    }
    case "LoadBalancerTarget": {
      const target = tables.LoadBalancerTarget.find(ref.id);
      return target ? zoneOfRef(state, { type: "Guest", id: target.guestId }) : null;
    }
    case "Guest": {
      const guest = tables.Guest.find(ref.id);
      const hostId = guest?.hostId ?? guest?.loss?.fromHostId ?? null;
      return hostId === null ? null : (tables.Host.find(hostId)?.zoneId ?? null);
    }
    default:
      return null;
  }
}
