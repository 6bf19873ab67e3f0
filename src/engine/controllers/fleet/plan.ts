import type { Path, PlannedChange } from "../../../model/fleet.ts";
import type { Problem } from "../../../model/rejections.ts";
import type { Settings } from "../../../model/settings.ts";
import type { Context } from "../../context.ts";

/** Problems after which a document is not read on: nobody reads more. */
const PROBLEMS_MAX = 100;

/** One step, and how it is done once the whole plan is known to be sound. */
interface Step extends PlannedChange {
  readonly run: (causeSeq: number) => void;
}

/** A fleet document on its way to become events: steps in order, and all that is wrong with it. */
export class Plan {
  readonly ctx: Context;
  readonly steps: Step[] = [];
  readonly problems: Problem[] = [];
  unchanged = 0;
  /** As they will be. */
  settings: Settings;

  constructor(ctx: Context) {
    this.ctx = ctx;
    this.settings = ctx.state.meta.settings;
  }

  problem(path: Path, message: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ path, message });
  }

  create(type: string, name: string, run: Step["run"]): void {
    this.steps.push({ action: "CREATE", type, name, details: [], run });
  }

  /** Without differences there is nothing to do. */
  update(type: string, name: string, details: readonly string[], run: Step["run"]): void {
    if (details.length === 0) this.unchanged++;
    else this.steps.push({ action: "UPDATE", type, name, details, run });
  }

  delete(type: string, name: string, run: Step["run"]): void {
    this.steps.push({ action: "DELETE", type, name, details: [], run });
  }

  count(action: PlannedChange["action"]): number {
    return this.steps.filter((step) => step.action === action).length;
  }
}

/** CPU is told in cores, as documents give it. */
function told(key: string, value: unknown): [string, unknown] {
  if (key !== "cpuMillicores") return [key, value];
  return ["cpuCores", typeof value === "number" ? value / 1000 : value];
}

/** `field: old → new` for each field that differs; compared and shown as JSON. */
export function differences<T extends object>(
  before: T,
  after: { [K in keyof T]?: T[K] },
): string[] {
  const lines: string[] = [];
  for (const key of Object.keys(after) as (keyof T & string)[]) {
    const [name, old] = told(key, before[key]);
    const now = JSON.stringify(told(key, after[key])[1]);
    if (JSON.stringify(old) !== now)
      lines.push(`${name}: ${brief(JSON.stringify(old))} → ${brief(now)}`);
  }
  return lines;
}

function brief(text: string | undefined): string {
  if (text === undefined) return "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
