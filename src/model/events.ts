import type { Actor } from "./actors.ts";
import { BALANCING_EVENTS } from "./events/balancing.ts";
import { CAPACITY_EVENTS } from "./events/capacity.ts";
import { FAILOVER_EVENTS } from "./events/failover.ts";
import type { FieldType, FieldTypes } from "./events/field-types.ts";
import { HIGH_AVAILABILITY_EVENTS } from "./events/high-availability.ts";
import { INVENTORY_EVENTS } from "./events/inventory.ts";
import { LIFECYCLE_EVENTS } from "./events/lifecycle.ts";
import { LOAD_BALANCING_EVENTS } from "./events/load-balancing.ts";
import { PLACEMENT_EVENTS } from "./events/placement.ts";
import { POWER_EVENTS } from "./events/power.ts";
import { SCALING_EVENTS } from "./events/scaling.ts";
import { SECURITY_EVENTS } from "./events/security.ts";
import { SIMULATION_EVENTS } from "./events/simulation.ts";
import type { IncidentId, Ref, Seq, TenantId, ZoneId } from "./ids.ts";
import type { EventCategory, Severity } from "./statuses.ts";

/**
 * Every kind of fact that the log can hold: what it is about, how grave it is, how it is told and
 * what it carries. The TypeScript payloads, the GraphQL types and the enum are derived from here.
 */
export const EVENTS = {
  ...INVENTORY_EVENTS,
  ...SECURITY_EVENTS,
  ...LIFECYCLE_EVENTS,
  ...CAPACITY_EVENTS,
  ...PLACEMENT_EVENTS,
  ...FAILOVER_EVENTS,
  ...HIGH_AVAILABILITY_EVENTS,
  ...POWER_EVENTS,
  ...BALANCING_EVENTS,
  ...LOAD_BALANCING_EVENTS,
  ...SCALING_EVENTS,
  ...SIMULATION_EVENTS,
} as const;

export type EventKind = keyof typeof EVENTS;
export const EVENT_KINDS = Object.keys(EVENTS) as readonly EventKind[];

type FieldValue<S> = S extends `${infer T extends FieldType}?`
  ? FieldTypes[T] | null
  : S extends FieldType
    ? FieldTypes[S]
    : never;
export type Payload<K extends EventKind> = {
  readonly [F in keyof (typeof EVENTS)[K]["fields"]]: FieldValue<(typeof EVENTS)[K]["fields"][F]>;
};

/** One fact, as it stands in the log. `severity` can be above its kind's usual one, never below. */
export type FleetEvent<K extends EventKind = EventKind> = {
  readonly [One in K]: {
    readonly seq: Seq;
    readonly atMs: number;
    readonly kind: One;
    readonly category: EventCategory;
    readonly severity: Severity;
    readonly message: string;
    readonly subject: Ref | null;
    /** The tenant it concerns; null for what belongs to the fleet. */
    readonly tenantId: TenantId | null;
    /** The zone where it happened; null for what has no place. */
    readonly zoneId: ZoneId | null;
    readonly causeSeq: Seq | null;
    /** The incident that it is part of. */
    readonly incidentId: IncidentId | null;
    readonly actor: Actor;
    readonly payload: Payload<One>;
  };
}[K];

/** `GuestFailedOver` as GraphQL's enum has it: `GUEST_FAILED_OVER`. */
export function screamingCase(kind: string): string {
  return kind.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
