import { and, eq } from "drizzle-orm";
import {
  daysOf,
  endOf,
  errorOf,
  forecastOf,
  forecastsFromSlot,
  isLearned,
  type Loads,
  SLOT_MS,
  saidOf,
  slotOf,
} from "../src/model/forecast.ts";
import type { ScalingGroupId } from "../src/model/ids.ts";
import { loadOfOne, type MetricName, wholeMembers } from "../src/model/scaling.ts";
import { loadHistories } from "../src/store/tables-scaling.ts";
import { badInput } from "./bad-input.ts";
import { builder } from "./builder.ts";
import type { ReadDatabase } from "./context.ts";
import { costs } from "./cost.ts";
import { ScalingPolicy } from "./scaling-policy.ts";
import { VOLATILE } from "./volatile.ts";

/** What a predictive policy's group has learned, and the stretch of it that was asked for. */
interface Forecast {
  readonly min: number;
  readonly max: number;
  readonly history: Loads;
  readonly loadOfMember: number;
  readonly slots: readonly number[];
}

interface Stretch {
  readonly hours?: number | null | undefined;
  readonly pastHours?: number | null | undefined;
}

interface Point {
  readonly slot: number;
  readonly load: number | null;
  readonly actual: number | null;
  readonly size: number | null;
}

const HOURS_MOST = 7 * 24;
const HOURS_USUALLY = 24;
const HOUR_SLOTS = 3_600_000 / SLOT_MS;

const ForecastPoint = builder.objectRef<Point>("ForecastPoint").implement({
  description: "A quarter of an hour.",
  fields: (t) => ({
    at: t.field({ type: "DateTime", resolve: ({ slot }) => slot * SLOT_MS }),
    load: t.exposeFloat("load", {
      nullable: true,
      description:
        "What is expected of all members together, in millicores (CPU), MiB (MEMORY) or the pushed metric's unit; 95 % of its samples are to be at most that. Of what is past: what was said within the hour before. Null: nothing is known of such a time.",
    }),
    actual: t.exposeFloat("actual", {
      nullable: true,
      description: "What came; null of what is not over and learned, or had no samples.",
    }),
    size: t.exposeInt("size", {
      nullable: true,
      description: "Members of the template's size that the expected load takes, from min to max.",
    }),
  }),
});

const ScalingForecast = builder.objectRef<Forecast>("ScalingForecast").implement({
  description:
    "What a predictive policy expects, and what that is based on. Times of day are UTC's.",
  fields: (t) => ({
    learning: t.boolean({
      description: "It has not learned from a day yet, and expects nothing.",
      resolve: ({ history }) => !isLearned(history),
    }),
    forecastsFrom: t.field({
      type: "DateTime",
      description: "When it has learned from a day, or had; told within an hour after that.",
      resolve: ({ history }) => forecastsFromSlot(history) * SLOT_MS,
    }),
    historyDays: t.float({
      description:
        "Days that it remembers, four weeks at most. From two weeks on days of the week differ.",
      resolve: ({ history }) => daysOf(history),
    }),
    error: t.float({
      nullable: true,
      description:
        "How far what it said was off what came in the last week, as a part of that (weighted absolute percentage error); null while nothing can be compared.",
      resolve: ({ history }) => errorOf(history),
    }),
    points: t.field({
      type: [ForecastPoint],
      extensions: costs({ items: HOURS_USUALLY * HOUR_SLOTS }),
      resolve: (forecast) => forecast.slots.map((slot) => pointOf(forecast, slot)),
    }),
  }),
});

function pointOf({ min, max, history, loadOfMember }: Forecast, slot: number): Point {
  const isPast = slot < endOf(history);
  const load = isPast ? saidOf(history, slot) : forecastOf(history, slot);
  const actual = history.loads[slot - history.fromSlot] ?? null;
  const wanted = load === null ? null : wholeMembers(Math.max(0, load) / loadOfMember);
  const size = wanted === null ? null : Math.max(min, Math.min(max, wanted));
  return { slot, load, actual, size };
}

builder.objectFields(ScalingPolicy, (t) => ({
  forecast: t.field({
    type: ScalingForecast,
    nullable: true,
    description:
      "PREDICTIVE: what it expects from now on, and what it said before, in quarters of an hour.",
    args: {
      hours: t.arg.int({ defaultValue: HOURS_USUALLY, description: `Ahead, up to ${HOURS_MOST}.` }),
      pastHours: t.arg.int({ defaultValue: 0, description: `Back, up to ${HOURS_MOST}.` }),
    },
    extensions: { ...costs({ own: 100 }), ...VOLATILE },
    resolve: async ({ policy, group }, args, { db, loaders, runtime }) => {
      if (policy.kind !== "PREDICTIVE") return null;
      const { template, min, max } = group;
      const nowSlot = slotOf(runtime.nowMs());
      const flavor = await loaders.entity("Flavor", template.flavorIds[0] ?? null);
      return {
        min,
        max,
        history: historyOf(db, group.id, policy.metric) ?? { fromSlot: nowSlot, loads: [] },
        loadOfMember: policy.target * (flavor ? loadOfOne(policy.metric, flavor) : 1),
        slots: slotsAround(nowSlot, args),
      };
    },
  }),
}));

/** Undefined while nothing was learned of it. */
function historyOf(db: ReadDatabase, groupId: ScalingGroupId, metric: MetricName) {
  const own = and(eq(loadHistories.groupId, groupId), eq(loadHistories.metric, metric));
  return db.select().from(loadHistories).where(own).get();
}

function slotsAround(nowSlot: number, args: Stretch): number[] {
  const [ahead, back] = [slotsIn("hours", args.hours), slotsIn("pastHours", args.pastHours)];
  return Array.from({ length: ahead + back + 1 }, (_, at) => nowSlot - back + at);
}

function slotsIn(argument: string, hours: number | null | undefined): number {
  const asked = hours ?? 0;
  if (asked < 0 || asked > HOURS_MOST) throw badInput(argument, `must be from 0 to ${HOURS_MOST}`);
  return asked * HOUR_SLOTS;
}
