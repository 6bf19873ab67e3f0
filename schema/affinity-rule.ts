import type { RuleHost } from "../src/model/entities.ts";
import { affinityRules, guests } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { Polarity, RuleKind, RuleScope } from "./enums.ts";
import { Guest, GuestConnection, guestArgs, guestCondition, guestPage } from "./guest.ts";
import { Host } from "./host.ts";
import { namedList } from "./named.ts";

const PreferredHost = builder.objectRef<RuleHost>("AffinityRuleHost").implement({
  fields: (t) => ({
    host: t.field({
      type: Host,
      nullable: true,
      resolve: (entry, _args, { loaders }) => loaders.entity("Host", entry.hostId),
    }),
    priority: t.exposeInt("priority", { description: "Higher is preferred." }),
  }),
});

export const AffinityRule = builder.drizzleNode("affinityRules", {
  name: "AffinityRule",
  description:
    "HOST: where guests should run. GUEST: whether they share a host, rack or zone. A strict rule is never broken; another one only when there is no better place.",
  id: { column: (rule) => rule.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    kind: t.expose("kind", { type: RuleKind }),
    strict: t.exposeBoolean("strict"),
    disabled: t.exposeBoolean("disabled", {
      description: "Written down, but not obeyed.",
    }),
    guests: t.drizzleConnection(
      {
        type: Guest,
        args: guestArgs,
        totalCount: (rule, args, { db }) =>
          db.$count(guests, guestCondition(args.filter, rule.guestIds)(guests)),
        resolve: (query, rule, args, { db }) =>
          db.query.guests.findMany(query(guestPage(args, rule.guestIds))),
      },
      GuestConnection,
    ),
    hosts: t.expose("hosts", { type: [PreferredHost], description: "HOST rules only." }),
    polarity: t.expose("polarity", {
      type: Polarity,
      nullable: true,
      description: "GUEST rules only.",
    }),
    scope: t.expose("scope", { type: RuleScope, nullable: true, description: "GUEST rules only." }),
    inForce: t.boolean({
      description: "It is obeyed: neither disabled nor in contradiction with other rules.",
      resolve: ({ disabled, contradicts }) => !disabled && contradicts.length === 0,
    }),
  }),
});

builder.drizzleObjectField(AffinityRule, "contradicts", (t) =>
  t.field({
    type: [AffinityRule],
    description:
      "The strict rules that can't all be obeyed together with this one, for which reason none of them is; the rule itself where nothing can satisfy it alone. Empty for one without contradiction.",
    resolve: (rule, _args, { loaders }) => loaders.entities("AffinityRule", rule.contradicts),
  }),
);

const AffinityRuleConnection = connectionOf(AffinityRule, "AffinityRule");
const ruleList = namedList("AffinityRule");

builder.queryField("affinityRules", (t) =>
  t.drizzleConnection(
    {
      type: AffinityRule,
      args: ruleList.args,
      totalCount: (_root, args, { db }) =>
        db.$count(affinityRules, ruleList.condition(args.filter)(affinityRules)),
      resolve: (query, _root, args, { db }) =>
        db.query.affinityRules.findMany(query(ruleList.page(args))),
    },
    AffinityRuleConnection,
  ),
);
