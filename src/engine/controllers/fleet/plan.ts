import type { Path, PlannedChange } from "../../../model/fleet.ts";
import type { Problem } from "../../../model/rejections.ts";
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

  constructor(ctx: Context) {
    this.ctx = ctx;
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

/** `field: old → new` for each field that differs; compared and shown as JSON. */
export function differences<T extends object>(
  before: T,
  after: { [K in keyof T]?: T[K] },
): string[] {
  const lines: string[] = [];
  for (const key of Object.keys(after) as (keyof T & string)[]) {
    const old = JSON.stringify(before[key]);
    const now = JSON.stringify(after[key]);
    if (old !== now) lines.push(`${key}: ${brief(old)} → ${brief(now)}`);
  }
  return lines;
}

function brief(text: string | undefined): string {
  if (text === undefined) return "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
