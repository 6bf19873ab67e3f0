import type { FleetEvent } from "../../src/model/events.ts";
import { MANUAL_START_MS } from "../../src/runtime/clock.ts";
import { describeStep } from "./script.ts";
import { play, type Selection, selectSteps, shrink, upTo } from "./shrink.ts";
import { type Outcome, planOf, simulate } from "./simulation.ts";

const LAST_EVENTS = 25;

/** Null when all went well; else all that somebody needs to find out why it did not. */
export async function examine(seed: number, steps: number): Promise<string | null> {
  const outcome = await simulate(planOf(seed, steps));
  if (outcome.problems.length === 0) return null;
  const selection = await shrink(seed, steps, outcome);
  const smallest = await play(seed, selection);
  // What can't be cut without losing the failure is shown whole.
  return smallest.problems.length > 0
    ? report(seed, selection, smallest)
    : report(seed, upTo(steps), outcome);
}

export function report(seed: number, selection: Selection, outcome: Outcome): string {
  const steps = selectSteps(seed, selection);
  return [
    `Seed ${seed} fails:`,
    ...outcome.problems.slice(0, 10).map((problem) => `  ${problem}`),
    `Replay: npm run simulate -- --seed ${seed} --only ${selection.join(",")} --log`,
    "What it takes:",
    ...steps.map((step, index) => `  ${selection[index]}: ${describeStep(step)}`),
    "What was done last:",
    ...outcome.diary.slice(-8).map((line) => `  ${line}`),
    "What happened last:",
    ...outcome.events.slice(-LAST_EVENTS).map((event) => `  ${line(event)}`),
  ].join("\n");
}

/** The whole log, with what was done where it was done. */
export function wholeLog({ events, diary, problems }: Outcome): string {
  const lines = events.map(line);
  const notes = diary.map((text) => {
    const [, after, what] = /^after event (\d+): (.*)$/s.exec(text) ?? [];
    return { after: Number(after), what };
  });
  const merged = notes.filter(({ after }) => after === 0).map(({ what }) => `── ${what}`);
  for (const [index, text] of lines.entries()) {
    merged.push(text);
    for (const { after, what } of notes) if (after === index + 1) merged.push(`── ${what}`);
  }
  return [...merged, ...problems.map((problem) => `!! ${problem}`)].join("\n");
}

function line({ seq, atMs, kind, message, causeSeq }: FleetEvent): string {
  const seconds = ((atMs - MANUAL_START_MS) / 1000).toFixed(3);
  return `${seq} ${seconds}s ${kind}: ${message}${causeSeq === null ? "" : ` (by ${causeSeq})`}`;
}
