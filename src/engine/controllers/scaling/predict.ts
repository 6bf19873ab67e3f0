import type { ScalingGroup } from "../../../model/entities.ts";
import { highest, SLOT_MS } from "../../../model/forecast.ts";
import { resourceOf, type ScalingPolicy, wholeMembers } from "../../../model/scaling.ts";
import type { Sample } from "../../signals.ts";
import type { State } from "../../state.ts";
import { type Lead, leadOf } from "./lead.ts";
import { historyOf } from "./learn.ts";
import { type Sizing, shown, type Wish } from "./wishes.ts";

/** Samples that are further apart say nothing of when the next one comes. */
const PACE_MOST_MS = 300_000;

type Predictive = Extract<ScalingPolicy, { kind: "PREDICTIVE" }>;

/**
 * As many members as the highest load takes that is expected until one that is made now is of use; fewer only
 * when that is so for the time after which the group may get smaller, too. Null: nothing is known.
 */
export function predictiveWish(
  state: State,
  group: ScalingGroup,
  policy: Predictive,
  { nowMs, sizing }: { readonly nowMs: number; readonly sizing: Sizing },
): Wish | null {
  const history = historyOf(state, group.id, policy.metric);
  if (!history || policy.mode === "FORECAST_ONLY") return null;
  const lead = leadOf(state, group);
  const soonMs = nowMs + lead.allMs + paceMs(state.signals.of(group.id, policy.metric));
  const laterMs = soonMs + group.scaleInAfterSeconds * 1000;
  const loadOfMember = sizing.loadOfOne * policy.target;
  const sizeOf = (load: number) =>
    Math.max(0, wholeMembers(Math.max(0, load) / loadOfMember + sizing.surplus));
  const soon = highest(history, nowMs, soonMs);
  if (soon && sizeOf(soon.load) >= group.desired)
    return told(policy, soon, sizeOf(soon.load), lead);
  const later = highest(history, nowMs, laterMs);
  if (!later) return null;
  return told(policy, later, Math.min(group.desired, sizeOf(later.load)), lead);
}

/** What is not done now is not done before the next sample. */
function paceMs(samples: readonly Sample[]): number {
  const [last, before] = [samples.at(-1), samples.at(-2)];
  return last && before ? Math.min(PACE_MOST_MS, last.atMs - before.atMs) : 0;
}

function told(
  { name, metric, target }: Predictive,
  { slot, load }: { readonly slot: number; readonly load: number },
  size: number,
  { allMs, words }: Lead,
): Wish {
  const at = new Date(slot * SLOT_MS).toISOString();
  const sized = resourceOf(metric);
  const [unit, percent] = sized ? [` ${sized.unit}`, " %"] : ["", ""];
  const reason = `${metric} of all members is expected to be ${shown(load)}${unit} from ${at} on and ${target}${percent} for each is the target, which takes ${size}; it looks ${seconds(allMs)} ahead (${words})`;
  return { policy: name, size, reason };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
