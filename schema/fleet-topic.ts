import type { GraphQLResolveInfo } from "graphql";
import { badInput } from "./bad-input.ts";
import type { ApiContext } from "./context.ts";
import { type FleetTotals, fleetTotals } from "./fleet.ts";
import { StateTopic } from "./state-topic.ts";

/** Bounds of `intervalMs`: no more than ten a second, no less than one a minute when things change. */
export const FLEET_INTERVAL = { min: 100, max: 60_000, default: 1_000 } as const;

/** The totals at once, then whenever they have changed, at most one each interval. */
export class FleetTopic extends StateTopic<FleetTotals> {
  readonly likeness: string;
  override readonly pauseMs: number;

  constructor(
    intervalMs: number | null | undefined,
    context: ApiContext,
    info: GraphQLResolveInfo,
  ) {
    super(context, info);
    const { min, max, default: usual } = FLEET_INTERVAL;
    this.pauseMs = intervalMs ?? usual;
    if (this.pauseMs < min || this.pauseMs > max)
      throw badInput("intervalMs", `must be from ${min} to ${max}`);
    this.likeness = String(this.pauseMs);
  }

  async read(context: ApiContext): Promise<FleetTotals> {
    return fleetTotals(context);
  }

  interestOf(): null {
    return null;
  }

  override digestOf(totals: FleetTotals): string {
    return JSON.stringify(totals);
  }
}
