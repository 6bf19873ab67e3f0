import { and, inArray, type SQL } from "drizzle-orm";
import { GUEST_DEFAULTS } from "../src/model/fleet.ts";
import type * as model from "../src/model/load-balancing.ts";
import { shownAddress } from "../src/model/security.ts";
import type { TrafficFigures } from "../src/model/traffic.ts";
import { loadBalancers, type loadBalancerTargets } from "../src/store/tables-load-balancers.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { BalancingAlgorithm, ListenerProtocol, TargetState } from "./enums.ts";
import { Guest } from "./guest.ts";
import { filterIds } from "./ids.ts";
import { nameContains, orderBy, orderInput, pageQuery } from "./list.ts";
import { ownNamed } from "./named-inputs.ts";
import type { PageArguments } from "./page.ts";
import { Reason } from "./reason.ts";
import { Tenant } from "./tenant.ts";
import { VOLATILE } from "./volatile.ts";

export const LoadBalancer = builder.drizzleNode("loadBalancers", {
  name: "LoadBalancer",
  description:
    "Takes requests at one place and deals them out to guests: to those that are well, and none to one that is about to be stopped or moved before its requests are finished.",
  id: { column: (loadBalancer) => loadBalancer.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    driver: t.exposeString("driver", {
      description: "What moves the requests: `simulated` or `haproxy`.",
    }),
    unreachableSince: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "Since when what moves the requests can't be spoken to: it goes on as it was last told. Null while it can.",
      resolve: (loadBalancer) => loadBalancer.unreachableSinceMs,
    }),
  }),
});

export const LoadBalancerTarget = builder.drizzleNode("loadBalancerTargets", {
  name: "LoadBalancerTarget",
  description: "A guest that a load balancer's group hands requests to.",
  id: { column: (target) => target.id },
  fields: (t) => ({
    targetGroup: t.exposeString("targetGroup", { description: "The name of its group." }),
    weight: t.exposeInt("weight", {
      description: "Its part of the requests where the algorithm is WEIGHTED.",
    }),
    state: t.expose("state", { type: TargetState }),
    stateSince: t.field({ type: "DateTime", resolve: (target) => target.stateSinceMs }),
    reasons: t.field({
      type: [Reason],
      description: "Why it gets no requests; [] for one that does.",
      resolve: ({ reasons }) => [...reasons],
    }),
    drainsUntil: t.field({
      type: "DateTime",
      nullable: true,
      description: "DRAINING: when that is over at the latest.",
      resolve: (target) => target.drainUntilMs,
    }),
    address: t.string({
      nullable: true,
      description: "Where it is reached; null for a guest that has no address.",
      resolve: ({ address, guestId }) => address ?? shownAddress(guestId),
    }),
    deregistering: t.exposeBoolean("deregistering", {
      description: "Leaves the group as soon as it is drained.",
    }),
    heldUntil: t.field({
      type: "DateTime",
      nullable: true,
      description: "It became unhealthy again and again, and gets no requests before this.",
      resolve: (target) => target.heldUntilMs,
    }),
  }),
});

interface Sampled {
  readonly figures: TrafficFigures;
  readonly sampledAtMs: number;
  readonly spread?: number | null;
}

const Traffic = builder.objectRef<Sampled>("Traffic").implement({
  description: "How requests fare, as last measured.",
  fields: (t) => ({
    requestsPerSecond: t.float({ resolve: ({ figures }) => figures.requestsPerSecond }),
    errorsPerSecond: t.float({ resolve: ({ figures }) => figures.errorsPerSecond }),
    latencyP50Ms: t.float({
      nullable: true,
      description:
        "Of those that were answered; null when none was, and where averages alone are known (HAProxy).",
      resolve: ({ figures }) => figures.latencyP50Ms,
    }),
    latencyP99Ms: t.float({ nullable: true, resolve: ({ figures }) => figures.latencyP99Ms }),
    latencyMeanMs: t.float({
      nullable: true,
      description: "Of those that were answered; null when none was.",
      // Older samples have none.
      resolve: ({ figures }) => figures.latencyMeanMs ?? null,
    }),
    outstanding: t.float({
      description: "Requests that are not finished, on average.",
      resolve: ({ figures }) => figures.outstanding,
    }),
    spread: t.float({
      nullable: true,
      description:
        "Of a target group: the requests of its busiest target, in proportion to the mean of those that get any.",
      resolve: ({ spread }) => spread ?? null,
    }),
    sampledAt: t.field({ type: "DateTime", resolve: ({ sampledAtMs }) => sampledAtMs }),
  }),
});

const TRAFFIC = {
  type: Traffic,
  nullable: true,
  description: "Null where no request has come in, or none is measured.",
  extensions: VOLATILE,
} as const;

type Target = typeof loadBalancerTargets.$inferSelect;
type Row = typeof loadBalancers.$inferSelect;

const Listener = builder.objectRef<model.Listener>("Listener").implement({
  description: "Takes requests.",
  fields: (t) => ({
    port: t.exposeInt("port"),
    protocol: t.expose("protocol", { type: ListenerProtocol }),
    targetGroup: t.exposeString("targetGroup", { description: "The group that gets them." }),
    peakRequestsPerSecond: t.float({
      nullable: true,
      description: "Simulated: requests that come in, at most. Null for none.",
      resolve: ({ traffic }) => traffic?.peakRequestsPerSecond ?? null,
    }),
  }),
});

const HealthCheck = builder.objectRef<model.HealthCheck>("HealthCheck").implement({
  description: "How it is found out whether targets are well.",
  fields: (t) => ({
    path: t.exposeString("path", {
      nullable: true,
      description: "What is asked for by HTTP; null: that it takes connections is enough.",
    }),
    intervalSeconds: t.exposeFloat("intervalSeconds"),
    timeoutSeconds: t.exposeFloat("timeoutSeconds"),
    healthyThreshold: t.exposeInt("healthyThreshold"),
    unhealthyThreshold: t.exposeInt("unhealthyThreshold"),
  }),
});

interface Group extends model.TargetGroup {
  readonly loadBalancer: Row;
}

export const TargetGroup = builder.objectRef<Group>("TargetGroup").implement({
  description: "Guests and scaling groups that take the same requests.",
  fields: (t) => ({
    name: t.exposeString("name"),
    port: t.exposeInt("port"),
    algorithm: t.expose("algorithm", { type: BalancingAlgorithm }),
    healthCheck: t.field({ type: HealthCheck, resolve: ({ healthCheck }) => healthCheck }),
    slowStartSeconds: t.exposeFloat("slowStartSeconds", {
      description: "How long the share of a target grows once it is healthy.",
    }),
    drainSeconds: t.exposeFloat("drainSeconds", {
      description: "How long a target that leaves may take for requests that it has begun.",
    }),
    stickinessSeconds: t.exposeFloat("stickinessSeconds", {
      nullable: true,
      description: "For how long a client stays with its target; null: each request is dealt anew.",
    }),
    crossZone: t.exposeBoolean("crossZone", {
      description: "Targets take requests from all zones.",
    }),
    failOpen: t.exposeBoolean("failOpen", {
      description: "When no target is healthy, all that run get requests.",
    }),
    isFailingOpen: t.boolean({
      description: "That is so now.",
      resolve: ({ name, loadBalancer }) => loadBalancer.openGroups.includes(name),
    }),
    traffic: t.field({
      ...TRAFFIC,
      resolve: async ({ name, loadBalancer }, _args, { loaders }) => {
        const sample = await loaders.traffic.load(loadBalancer.id);
        const figures = sample?.traffic.groups.find(({ group }) => group === name);
        return figures && sample ? { figures, spread: figures.spread, ...sample } : null;
      },
    }),
    targets: t.field({
      type: [LoadBalancerTarget],
      resolve: async ({ name, loadBalancer }, _args, { loaders }) => {
        const targets = await loaders.targets.load(loadBalancer.id);
        return (targets ?? []).filter(({ targetGroup }) => targetGroup === name);
      },
    }),
  }),
});

builder.drizzleObjectFields(LoadBalancer, (t) => ({
  tenant: t.field({
    type: Tenant,
    resolve: (loadBalancer, _args, { loaders }) => loaders.owner("Tenant", loadBalancer.tenantId),
  }),
  traffic: t.field({
    ...TRAFFIC,
    resolve: async ({ id }, _args, { loaders }) => {
      const sample = await loaders.traffic.load(id);
      return sample ? { figures: sample.traffic.figures, ...sample } : null;
    },
  }),
  listeners: t.field({ type: [Listener], resolve: ({ listeners }) => [...listeners] }),
  targetGroups: t.field({
    type: [TargetGroup],
    resolve: (loadBalancer) =>
      loadBalancer.targetGroups.map((group) => ({ ...group, loadBalancer })),
  }),
}));

/** The port that its row leaves to its group. */
async function portOf(target: Target, owner: Promise<Row>): Promise<number> {
  const { targetGroups } = await owner;
  return target.port ?? targetGroups.find(({ name }) => name === target.targetGroup)?.port ?? 0;
}

builder.drizzleObjectFields(LoadBalancerTarget, (t) => ({
  loadBalancer: t.field({
    type: LoadBalancer,
    resolve: (target, _args, { loaders }) => loaders.owner("LoadBalancer", target.loadBalancerId),
  }),
  guest: t.field({
    type: Guest,
    resolve: (target, _args, { loaders }) => loaders.owner("Guest", target.guestId),
  }),
  traffic: t.field({
    ...TRAFFIC,
    resolve: async ({ id, loadBalancerId }, _args, { loaders }) => {
      const sample = await loaders.traffic.load(loadBalancerId);
      const figures = sample?.traffic.targets.find(({ targetId }) => targetId === id);
      return figures && sample ? { figures, ...sample } : null;
    },
  }),
  port: t.int({
    resolve: (target, _args, { loaders }) =>
      portOf(target, loaders.owner("LoadBalancer", target.loadBalancerId)),
  }),
}));

const LoadBalancerConnection = connectionOf(LoadBalancer, "LoadBalancer");

const Filter = builder.inputType("LoadBalancerFilter", {
  fields: (t) => ({
    tenantIds: t.idList(),
    nameContains: t.string({ description: "In letters of either case." }),
  }),
});
const ORDER = { NAME: "name" } as const;
const Order = orderInput("LoadBalancer", ORDER);

interface ListArguments extends PageArguments {
  readonly filter?: typeof Filter.$inferInput | null | undefined;
  readonly orderBy?: typeof Order.$inferInput | null | undefined;
}

function condition(filter: ListArguments["filter"]) {
  return (table: typeof loadBalancers): SQL | undefined => {
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

builder.drizzleObjectField(Tenant, "loadBalancers", (t) =>
  t.relatedConnection(
    "loadBalancers",
    { args, query: (given) => page(given), totalCount: true },
    LoadBalancerConnection,
  ),
);

builder.queryFields((t) => ({
  loadBalancer: t.drizzleField({
    type: LoadBalancer,
    nullable: true,
    args: {
      name: t.arg.string({ required: true }),
      tenant: t.arg.string({ defaultValue: GUEST_DEFAULTS.tenant }),
    },
    description: "A principal of a tenant that names none means its own.",
    resolve: (query, _root, { name, tenant }, context) =>
      context.db.query.loadBalancers.findFirst(query({ where: ownNamed(name, tenant, context) })),
  }),
  loadBalancers: t.drizzleConnection(
    {
      type: LoadBalancer,
      args,
      totalCount: (_root, given, { db }) =>
        db.$count(loadBalancers, condition(given.filter)(loadBalancers)),
      resolve: (query, _root, given, { db }) => db.query.loadBalancers.findMany(query(page(given))),
    },
    LoadBalancerConnection,
  ),
}));
