/** Load balancers and their targets. */

import { index, integer, snakeCase, text } from "drizzle-orm/sqlite-core";
import type { GuestId, LoadBalancerId, LoadBalancerTargetId, TenantId } from "../model/ids.ts";
import type { Listener, ScalingTarget, TargetGroup } from "../model/load-balancing.ts";
import type { Reason } from "../model/reasons.ts";
import { LOAD_BALANCER_DRIVERS, TARGET_STATES } from "../model/statuses.ts";
import type { BalancerTraffic } from "../model/traffic.ts";
import { guests, oneOf, tenants } from "./tables.ts";

const json = <T>() => text({ mode: "json" }).$type<T>();

export const loadBalancers = snakeCase.table(
  "load_balancers",
  {
    id: integer().primaryKey().$type<LoadBalancerId>(),
    name: text().notNull(),
    tenantId: integer()
      .notNull()
      .$type<TenantId>()
      .references(() => tenants.id),
    /** No CHECK: SQLite would have to copy the table whenever a driver is added. */
    driver: text({ enum: LOAD_BALANCER_DRIVERS }).notNull(),
    socketPath: text(),
    listeners: json<readonly Listener[]>().notNull(),
    targetGroups: json<readonly TargetGroup[]>().notNull(),
    scalingTargets: json<readonly ScalingTarget[]>().notNull().default([]),
    openGroups: json<readonly string[]>().notNull(),
    unreachableSinceMs: integer(),
  },
  (t) => [index("load_balancers_tenant").on(t.tenantId)],
);

export const loadBalancerTargets = snakeCase.table(
  "load_balancer_targets",
  {
    id: integer().primaryKey().$type<LoadBalancerTargetId>(),
    loadBalancerId: integer()
      .notNull()
      .$type<LoadBalancerId>()
      .references(() => loadBalancers.id),
    targetGroup: text().notNull(),
    guestId: integer()
      .notNull()
      .$type<GuestId>()
      .references(() => guests.id),
    port: integer(),
    weight: integer().notNull(),
    address: text(),
    state: text({ enum: TARGET_STATES }).notNull(),
    stateSinceMs: integer().notNull(),
    causeSeq: integer().notNull(),
    reasons: json<readonly Reason[]>().notNull(),
    drainUntilMs: integer(),
    deregistering: integer({ mode: "boolean" }).notNull(),
    flaps: integer().notNull(),
    heldUntilMs: integer(),
  },
  (t) => [
    index("load_balancer_targets_load_balancer").on(t.loadBalancerId),
    index("load_balancer_targets_guest").on(t.guestId),
    oneOf(t.state, TARGET_STATES),
  ],
);

/** The newest sample of how the requests of each load balancer fare. Soft: overwritten, never in the log. */
export const loadBalancerTelemetry = snakeCase.table("load_balancer_telemetry", {
  loadBalancerId: integer()
    .primaryKey()
    .$type<LoadBalancerId>()
    .references(() => loadBalancers.id, { onDelete: "cascade" }),
  traffic: json<BalancerTraffic>().notNull(),
  sampledAtMs: integer().notNull(),
});
