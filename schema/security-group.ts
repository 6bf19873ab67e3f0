import { and, eq, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import { GUEST_DEFAULTS } from "../src/model/fleet.ts";
import { DEFAULT_GROUP, type SecurityRule as Rule, shownAddress } from "../src/model/security.ts";
import { guests, securityGroups } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { Direction, Protocol } from "./enums.ts";
import { Guest, GuestConnection, guestArgs, guestCondition, guestPage } from "./guest.ts";
import { filterIds } from "./ids.ts";
import { nameContains, orderBy, orderInput, pageQuery } from "./list.ts";
import { ownNamed } from "./named-inputs.ts";
import type { PageArguments } from "./page.ts";
import { Tenant } from "./tenant.ts";

export const SecurityGroup = builder.drizzleNode("securityGroups", {
  name: "SecurityGroup",
  description:
    "Rules about who may talk to its members, and they to whom. What no rule of a guest's groups lets through is denied; answers to what was let through pass. Each tenant has a group `default`, whose members talk to one another and to anybody, and a guest is in it while it is given no others.",
  id: { column: (group) => group.id },
  fields: (t) => ({ name: t.exposeString("name") }),
});

export const SecurityRule = builder.objectRef<Rule>("SecurityRule").implement({
  description: "What is let through, and who is at the other end.",
  fields: (t) => ({
    direction: t.expose("direction", { type: Direction }),
    protocol: t.expose("protocol", { type: Protocol }),
    fromPort: t.exposeInt("fromPort", { nullable: true, description: "Null: all ports." }),
    toPort: t.exposeInt("toPort", { nullable: true }),
    remoteCidr: t.exposeString("remoteCidr", {
      nullable: true,
      description: "An IPv4 network. Anybody where there is no group either.",
    }),
    remoteGroup: t.field({
      type: SecurityGroup,
      nullable: true,
      description: "Its members.",
      resolve: (rule, _args, { loaders }) => loaders.entity("SecurityGroup", rule.remoteGroupId),
    }),
  }),
});

type Group = typeof securityGroups.$inferSelect;

/** Named by the guest, or its tenant's default group where it names none. */
function membersOf({ id, name, tenantId }: Group) {
  return (table: typeof guests): SQL | undefined => {
    const ids = sql`(SELECT value FROM json_each(${table.securityGroupIds}))`;
    const isNamed = sql`${id} IN ${ids}`;
    const isImplied = isNull(table.securityGroupIds);
    const isMember = name === DEFAULT_GROUP ? or(isImplied, isNamed) : isNamed;
    return and(eq(table.tenantId, tenantId), isMember);
  };
}

builder.drizzleObjectFields(SecurityGroup, (t) => ({
  tenant: t.field({
    type: Tenant,
    resolve: (group, _args, { loaders }) => loaders.owner("Tenant", group.tenantId),
  }),
  rules: t.field({ type: [SecurityRule], resolve: (group) => [...group.rules] }),
  guests: t.drizzleConnection(
    {
      type: Guest,
      description: "Its members.",
      args: guestArgs,
      totalCount: (group, args, { db }) =>
        db.$count(guests, and(membersOf(group)(guests), guestCondition(args.filter)(guests))),
      resolve: (query, group, args, { db }) =>
        db.query.guests.findMany(query(guestPage(args, membersOf(group)))),
    },
    GuestConnection,
  ),
}));

builder.drizzleObjectFields(Guest, (t) => ({
  securityGroups: t.field({
    type: [SecurityGroup],
    description:
      "The groups that it is in. With none at all, nobody talks to it, nor it to anybody.",
    resolve: async ({ securityGroupIds, tenantId }, _args, { loaders }) => {
      if (securityGroupIds) return loaders.entities("SecurityGroup", securityGroupIds);
      const group = await loaders.defaultGroup.load(tenantId);
      return group ? [group] : [];
    },
  }),
  address: t.string({
    nullable: true,
    description:
      "Its IPv4 address on the network that all guests share, by which rules about networks know it; null for one that came after all addresses were given away.",
    resolve: (guest) => shownAddress(guest.id),
  }),
}));

const SecurityGroupConnection = connectionOf(SecurityGroup, "SecurityGroup");

const Filter = builder.inputType("SecurityGroupFilter", {
  fields: (t) => ({
    tenantIds: t.idList(),
    nameContains: t.string({ description: "In letters of either case." }),
  }),
});
const ORDER = { NAME: "name" } as const;
const Order = orderInput("SecurityGroup", ORDER);

interface ListArguments extends PageArguments {
  readonly filter?: typeof Filter.$inferInput | null | undefined;
  readonly orderBy?: typeof Order.$inferInput | null | undefined;
}

function condition(filter: ListArguments["filter"]) {
  return (table: typeof securityGroups): SQL | undefined => {
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

builder.drizzleObjectField(Tenant, "securityGroups", (t) =>
  t.relatedConnection(
    "securityGroups",
    { args, query: (given) => page(given), totalCount: true },
    SecurityGroupConnection,
  ),
);

builder.queryFields((t) => ({
  securityGroup: t.drizzleField({
    type: SecurityGroup,
    nullable: true,
    args: {
      name: t.arg.string({ required: true }),
      tenant: t.arg.string({ defaultValue: GUEST_DEFAULTS.tenant }),
    },
    description: "A principal of a tenant that names none means its own.",
    resolve: (query, _root, { name, tenant }, context) =>
      context.db.query.securityGroups.findFirst(query({ where: ownNamed(name, tenant, context) })),
  }),
  securityGroups: t.drizzleConnection(
    {
      type: SecurityGroup,
      args,
      totalCount: (_root, given, { db }) =>
        db.$count(securityGroups, condition(given.filter)(securityGroups)),
      resolve: (query, _root, given, { db }) =>
        db.query.securityGroups.findMany(query(page(given))),
    },
    SecurityGroupConnection,
  ),
}));
