import type { Path } from "../model/fleet.ts";
import { POWER_MODELS, POWER_POINTS, POWER_WATTS_MOST, type PowerWatts } from "../model/power.ts";
import type { HostItem } from "./document.ts";
import type { ProblemList } from "./problems.ts";
import { type ChoiceSchema, list, number, oneOf } from "./schema-kinds.ts";

export const POWER_MODEL: ChoiceSchema = {
  description:
    "What it draws. Without one it is estimated from its cores: 0.74 W each when idle, 3.5 W at full load.",
  oneOf: [
    oneOf(Object.keys(POWER_MODELS), { description: "A machine that SPECpower_ssj2008 measured." }),
    list(number(0, POWER_WATTS_MOST, { description: "Watts." }), POWER_POINTS, {
      description: "Watts at 0, 10, … 100 % CPU utilisation, linear in between; never falling.",
      minItems: POWER_POINTS,
      examples: [[86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117]],
    }),
  ],
};

/** The host's watts; null when it has no power model. */
export function powerWattsIn(
  { powerModel }: HostItem,
  path: Path,
  problems: ProblemList,
): PowerWatts | null {
  if (powerModel === undefined) return null;
  if (typeof powerModel === "string") return POWER_MODELS[powerModel]?.watts ?? null;
  for (const [point, watts] of powerModel.entries()) {
    const before = powerModel[point - 1] ?? 0;
    if (watts >= before) continue;
    const words = `must not be below the ${before} W of the point before it, as ${watts} is`;
    problems.add([...path, "powerModel", String(point)], words);
  }
  return powerModel;
}
