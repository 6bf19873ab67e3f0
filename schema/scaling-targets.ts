import type { ScalingTarget } from "../src/model/load-balancing.ts";
import { builder } from "./builder.ts";
import { LoadBalancer, TargetGroup } from "./load-balancer.ts";
import { ScalingGroup } from "./scaling-group.ts";

/** Scaling groups in target groups, seen from both sides. */
const ScalingGroupTarget = builder.objectRef<ScalingTarget>("ScalingGroupTarget").implement({
  description: "A scaling group in a target group: its members are targets once they run.",
  fields: (t) => ({
    scalingGroup: t.field({
      type: ScalingGroup,
      resolve: ({ scalingGroupId }, _args, { loaders }) =>
        loaders.owner("ScalingGroup", scalingGroupId),
    }),
    port: t.exposeInt("port", {
      nullable: true,
      description: "Where its members take requests; null: the target group's.",
    }),
    weight: t.exposeInt("weight", {
      description: "The part of each member where the algorithm is WEIGHTED.",
    }),
  }),
});

builder.objectFields(TargetGroup, (t) => ({
  loadBalancer: t.field({ type: LoadBalancer, resolve: ({ loadBalancer }) => loadBalancer }),
  scalingGroups: t.field({
    type: [ScalingGroupTarget],
    description: "Scaling groups whose members are targets, as they come and go.",
    resolve: ({ name, loadBalancer }) =>
      loadBalancer.scalingTargets.filter(({ targetGroup }) => targetGroup === name),
  }),
}));

builder.drizzleObjectField(ScalingGroup, "targetGroups", (t) =>
  t.field({
    type: [TargetGroup],
    description: "Target groups of load balancers that its members are targets of.",
    resolve: async ({ id }, _args, { loaders }) => {
      const loadBalancers = (await loaders.balancersOfGroup.load(id)) ?? [];
      return loadBalancers.flatMap((loadBalancer) =>
        loadBalancer.targetGroups
          .filter(({ name }) => isIn(loadBalancer.scalingTargets, name, id))
          .map((group) => ({ ...group, loadBalancer })),
      );
    },
  }),
);

function isIn(list: readonly ScalingTarget[], name: string, id: number): boolean {
  return list.some((each) => each.targetGroup === name && each.scalingGroupId === id);
}
