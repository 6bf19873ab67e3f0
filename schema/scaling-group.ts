import { and, eq, inArray, not, type SQL } from "drizzle-orm";
import { GUEST_DEFAULTS } from "../src/model/fleet.ts";
import type { GroupTemplate, Hold } from "../src/model/scaling.ts";
import { guests, scalingGroups } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { MemberHealthCheck, Priority, TerminationPolicy } from "./enums.ts";
import { Flavor } from "./flavor.ts";
import { GroupRefresh } from "./group-refresh.ts";
import { Guest, GuestConnection, guestArgs, guestCondition, guestPage } from "./guest.ts";
import { filterIds } from "./ids.ts";
import { Image } from "./image.ts";
import { inService, isTerminating, LifecycleHook, waitsForHooks } from "./lifecycle-hook.ts";
import { nameContains, orderBy, orderInput, pageQuery } from "./list.ts";
import { ownNamed } from "./named-inputs.ts";
import type { PageArguments } from "./page.ts";
import { Reason } from "./reason.ts";
import { ScalingPolicy } from "./scaling-policy.ts";
import { SecurityGroup } from "./security-group.ts";
import { Tenant } from "./tenant.ts";
import { Zone } from "./zone.ts";

const Template = builder.objectRef<GroupTemplate>("GroupTemplate").implement({
  description: "What a group's new members are made of.",
  fields: (t) => ({
    flavors: t.field({
      type: [Flavor],
      description: "The preferred one first: another is taken where there is no room for it.",
      resolve: ({ flavorIds }, _args, { loaders }) => loaders.entities("Flavor", flavorIds),
    }),
    image: t.field({
      type: Image,
      nullable: true,
      resolve: ({ imageId }, _args, { loaders }) => loaders.entity("Image", imageId),
    }),
    priority: t.expose("priority", { type: Priority }),
    maxRestarts: t.exposeInt("maxRestarts"),
    maxRelocations: t.exposeInt("maxRelocations"),
    readyAfterSeconds: t.exposeFloat("readyAfterSeconds"),
    preemptible: t.exposeBoolean("preemptible"),
    securityGroups: t.field({
      type: [SecurityGroup],
      nullable: true,
      description: "Null: the tenant's default group.",
      resolve: ({ securityGroupIds }, _args, { loaders }) =>
        securityGroupIds && loaders.entities("SecurityGroup", securityGroupIds),
    }),
  }),
});

const HeldStep = builder.objectRef<Hold>("HeldStep").implement({
  description: "A policy whose step is not taken.",
  fields: (t) => ({
    policy: t.exposeString("policy"),
    reason: t.expose("reason", { type: Reason }),
  }),
});

type Row = typeof scalingGroups.$inferSelect;

const isMember = (group: Row) => (table: typeof guests) => eq(table.groupId, group.id);
const counts = (group: Row) =>
  and(eq(guests.groupId, group.id), eq(guests.deleting, false), not(isTerminating(guests))) as SQL;
const isUp = inArray(guests.status, ["RUNNING", "MIGRATING"]);

export const ScalingGroup = builder.drizzleNode("scalingGroups", {
  name: "ScalingGroup",
  description:
    "Guests made from one template, as many as there is work for: its policies move `desired` between `min` and `max`, and members are created, deleted and replaced to match, evenly over its zones. Members are guests like any other, named `name-1`, `name-2`, …; no number is given twice.",
  id: { column: (group) => group.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    template: t.expose("template", { type: Template }),
    templateRevision: t.exposeInt("templateRevision", {
      description:
        "The number of its template: each new one has the next. Members that there are stay as they are, until a refresh.",
    }),
    min: t.exposeInt("min"),
    max: t.exposeInt("max"),
    desired: t.exposeInt("desired", { description: "How many members it is to have." }),
    size: t.int({
      description:
        "How many members it has, those not counted that are being deleted or wait for hooks before they go.",
      resolve: (group, _args, { db }) => db.$count(guests, counts(group)),
    }),
    running: t.int({
      description: "How many of them run.",
      resolve: (group, _args, { db }) => db.$count(guests, and(counts(group), isUp)),
    }),
    inService: t.int({
      description: "How many of them run and wait for no hook of their launch.",
      resolve: (group, _args, { db }) =>
        db.$count(guests, and(counts(group), isUp, inService(guests))),
    }),
    zones: t.field({
      type: [Zone],
      description: "Where its members may run; none: everywhere.",
      resolve: ({ zoneIds }, _args, { loaders }) => loaders.entities("Zone", zoneIds),
    }),
    policies: t.field({
      type: [ScalingPolicy],
      resolve: (group) =>
        group.policies.map((policy) => ({
          policy,
          group,
          nextAtMs: group.schedules.find((each) => each.policy === policy.name)?.nextAtMs ?? null,
        })),
    }),
    terminationPolicy: t.expose("terminationPolicy", { type: TerminationPolicy }),
    cooldownSeconds: t.exposeFloat("cooldownSeconds", {
      description: "After a step no policy takes another one for so long.",
    }),
    warmUpSeconds: t.exposeFloat("warmUpSeconds", {
      description: "A member that has run for less does not count into what is measured.",
    }),
    scaleInAfterSeconds: t.exposeFloat("scaleInAfterSeconds", {
      description: "Policies make it smaller only when for so long no sample wanted more.",
    }),
    unhealthyAfterSeconds: t.exposeFloat("unhealthyAfterSeconds", {
      description: "A member is replaced when its health check has been bad for so long.",
    }),
    healthCheck: t.expose("healthCheck", { type: MemberHealthCheck }),
    bootSeconds: t.float({
      nullable: true,
      description:
        "How long the slowest of its newest members took from its creation until it ran; null while none has.",
      resolve: ({ launchesMs }) => (launchesMs.length > 0 ? Math.max(...launchesMs) / 1000 : null),
    }),
    lastStepAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: (group) => group.lastStepAtMs,
    }),
    held: t.expose("held", {
      type: [HeldStep],
      description: "Steps that policies want and may not take, or have no samples for; one each.",
    }),
    blockedBy: t.expose("blockedBy", {
      type: [Reason],
      description: "Why it has not the members that it is to have; empty when it has.",
    }),
    deleting: t.exposeBoolean("deleting", {
      description: "Goes away as soon as its members are gone.",
    }),
    createdAt: t.field({ type: "DateTime", resolve: (group) => group.createdAtMs }),
    members: t.drizzleConnection(
      {
        type: Guest,
        args: guestArgs,
        totalCount: (group, args, { db }) =>
          db.$count(guests, and(isMember(group)(guests), guestCondition(args.filter)(guests))),
        resolve: (query, group, args, { db }) =>
          db.query.guests.findMany(query(guestPage(args, isMember(group)))),
      },
      GuestConnection,
    ),
  }),
});

builder.drizzleObjectFields(ScalingGroup, (t) => ({
  lifecycleHooks: t.expose("lifecycleHooks", {
    type: [LifecycleHook],
    description: "What members wait for before they serve, and before they go.",
  }),
  waiting: t.field({
    type: [Guest],
    description:
      "Members that wait for hooks (Guest.lifecycle), the first 100 of them: before they serve, or before they go.",
    resolve: (group, _args, { db }) =>
      db.query.guests.findMany({
        where: { RAW: (table) => and(isMember(group)(table), waitsForHooks(table)) as SQL },
        orderBy: { id: "asc" },
        limit: 100,
      }),
  }),
  refresh: t.expose("refresh", {
    type: GroupRefresh,
    nullable: true,
    description: "The refresh that goes on, or the last one (startGroupRefresh).",
  }),
}));

builder.drizzleObjectField(ScalingGroup, "tenant", (t) =>
  t.field({
    type: Tenant,
    resolve: (group, _args, { loaders }) => loaders.owner("Tenant", group.tenantId),
  }),
);

builder.drizzleObjectFields(Guest, (t) => ({
  scalingGroup: t.field({
    type: ScalingGroup,
    nullable: true,
    description: "The group that it is a member of; null for a guest of its own.",
    resolve: (guest, _args, { loaders }) => loaders.entity("ScalingGroup", guest.groupId),
  }),
  scaleInProtected: t.boolean({
    description: "It stays when its group gets smaller.",
    resolve: ({ membership }) => membership?.isProtected ?? false,
  }),
  unhealthy: t.string({
    nullable: true,
    description: "What its health check says, when that is bad (setMemberHealth).",
    resolve: ({ membership }) => membership?.illness?.reason ?? null,
  }),
}));

const ScalingGroupConnection = connectionOf(ScalingGroup, "ScalingGroup");

const Filter = builder.inputType("ScalingGroupFilter", {
  fields: (t) => ({
    tenantIds: t.idList(),
    nameContains: t.string({ description: "In letters of either case." }),
  }),
});
const ORDER = { NAME: "name", DESIRED: "desired", CREATED_AT: "createdAtMs" } as const;
const Order = orderInput("ScalingGroup", ORDER);

interface ListArguments extends PageArguments {
  readonly filter?: typeof Filter.$inferInput | null | undefined;
  readonly orderBy?: typeof Order.$inferInput | null | undefined;
}

function condition(filter: ListArguments["filter"]) {
  return (table: typeof scalingGroups): SQL | undefined => {
    const { tenantIds } = filter ?? {};
    const tenants = tenantIds && filterIds("Tenant", tenantIds, "filter.tenantIds");
    return and(
      tenants ? inArray(table.tenantId, tenants) : undefined,
      nameContains(table.name, filter?.nameContains),
    );
  };
}

const page = (args: ListArguments) =>
  pageQuery(args, condition(args.filter), orderBy(ORDER, args.orderBy));
const args = builder.args((t) => ({
  filter: t.field({ type: Filter }),
  orderBy: t.field({ type: Order }),
}));

builder.drizzleObjectField(Tenant, "scalingGroups", (t) =>
  t.relatedConnection(
    "scalingGroups",
    { args, query: (given) => page(given), totalCount: true },
    ScalingGroupConnection,
  ),
);

builder.queryFields((t) => ({
  scalingGroup: t.drizzleField({
    type: ScalingGroup,
    nullable: true,
    args: {
      name: t.arg.string({ required: true }),
      tenant: t.arg.string({ defaultValue: GUEST_DEFAULTS.tenant }),
    },
    description: "A principal of a tenant that names none means its own.",
    resolve: (query, _root, { name, tenant }, context) =>
      context.db.query.scalingGroups.findFirst(query({ where: ownNamed(name, tenant, context) })),
  }),
  scalingGroups: t.drizzleConnection(
    {
      type: ScalingGroup,
      args,
      totalCount: (_root, given, { db }) =>
        db.$count(scalingGroups, condition(given.filter)(scalingGroups)),
      resolve: (query, _root, given, { db }) => db.query.scalingGroups.findMany(query(page(given))),
    },
    ScalingGroupConnection,
  ),
}));
