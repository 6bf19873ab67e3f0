import type { ScalingGroup } from "../../../model/entities.ts";
import type { MetricName } from "../../../model/scaling.ts";
import type { State } from "../../state.ts";
import type { Member } from "./members.ts";
import type { Sizing } from "./wishes.ts";

const SIZED_BY = { CPU: "cpuMillicores", MEMORY: "memoryMiB" } as const;

/** What a group's members are to its metric: people may have resized some, or they are of several flavors. */
export function sizingOf(
  { tables }: State,
  { template }: ScalingGroup,
  metric: MetricName,
  members: readonly Member[],
): Sizing {
  const resource = SIZED_BY[metric as keyof typeof SIZED_BY];
  if (resource === undefined) return { loadOfOne: 1, surplus: 0 };
  const one = tables.Flavor.get(template.flavorIds[0] as never).resources[resource];
  const all = members.reduce((sum, { resources }) => sum + resources[resource], 0);
  return { loadOfOne: one / 100, surplus: members.length - all / one };
}
