import { type Step, scriptOf } from "./script.ts";
import { type Outcome, simulate } from "./simulation.ts";

/** Steps of a seed's script by number, from 0. */
export type Selection = readonly number[];

export function selectSteps(seed: number, selection: Selection): Step[] {
  const script = scriptOf(seed, Math.max(0, ...selection.map((index) => index + 1)));
  return selection.map((index) => script[index]).filter((step) => step !== undefined);
}

export function play(seed: number, selection: Selection): Promise<Outcome> {
  return simulate({ seed, script: selectSteps(seed, selection) });
}

/**
 * The shortest beginning of a failing script that still fails in the same way, and then without each
 * step that the failure does not need.
 */
export async function shrink(seed: number, steps: number, failed: Outcome): Promise<Selection> {
  const wanted = likeness(failed);
  const fails = async (selection: Selection) => likeness(await play(seed, selection)) === wanted;
  let selection = await shortestPrefix(steps, fails);
  for (const index of selection.toReversed()) {
    const without = selection.filter((other) => other !== index);
    if (await fails(without)) selection = without;
  }
  return selection;
}

async function shortestPrefix(
  steps: number,
  fails: (selection: Selection) => Promise<boolean>,
): Promise<Selection> {
  let [least, most] = [0, steps];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (await fails(upTo(middle))) most = middle;
    else least = middle + 1;
  }
  return upTo(most);
}

export function upTo(steps: number): Selection {
  return Array.from({ length: steps }, (_, index) => index);
}

/** What a failure is about, whatever the numbers and names in it; null when nothing failed. */
function likeness({ problems }: Outcome): string | null {
  const [problem] = problems;
  return problem === undefined ? null : problem.replace(/\w*\d\w*/g, "").slice(0, 60);
}
