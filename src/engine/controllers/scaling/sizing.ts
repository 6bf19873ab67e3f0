import type { ScalingGroup } from "../../../model/entities.ts";
import { loadOfOne, type MetricName, resourceOf } from "../../../model/scaling.ts";
import type { State } from "../../state.ts";
import type { Member } from "./members.ts";
import type { Sizing } from "./wishes.ts";

/** What a group's members are to its metric: people may have resized some, or they are of several flavors. */
export function sizingOf(
  { tables }: State,
  { template }: ScalingGroup,
  metric: MetricName,
  members: readonly Member[],
): Sizing {
  const { resources: one } = tables.Flavor.get(template.flavorIds[0] as never);
  const resource = resourceOf(metric)?.resource;
  if (resource === undefined) return { loadOfOne: loadOfOne(metric, one), surplus: 0 };
  const all = members.reduce((sum, { resources }) => sum + resources[resource], 0);
  return { loadOfOne: loadOfOne(metric, one), surplus: members.length - all / one[resource] };
}
