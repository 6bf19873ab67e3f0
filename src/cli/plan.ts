import { stripVTControlCharacters, styleText } from "node:util";

export interface Plan {
  readonly dryRun: boolean;
  readonly unchanged: number;
  readonly changes: readonly Change[];
  readonly warnings: readonly Warning[];
}
export interface Warning {
  readonly message: string;
  readonly path: readonly string[];
}
export interface Change {
  readonly action: "CREATE" | "UPDATE" | "DELETE";
  readonly type: string;
  readonly name: string;
  readonly details: readonly string[];
}

const SIGNS = {
  CREATE: { sign: "+", colour: "green", done: "created", toDo: "to create" },
  UPDATE: { sign: "~", colour: "yellow", done: "updated", toDo: "to update" },
  DELETE: { sign: "-", colour: "red", done: "deleted", toDo: "to delete" },
} as const;

/** Of one kind of change to one kind of thing, so many are shown: nobody reads 5,000 new guests. */
const SHOWN_OF_A_KIND = 25;

/** The plan as a table, then what it warns of, with a sum as its last line. */
export function formatPlan(plan: Plan): string {
  const groups = Map.groupBy(plan.changes, ({ action, type }) => `${action} ${type}`);
  const shown = [...groups.values()].flatMap((group) => group.slice(0, SHOWN_OF_A_KIND));
  const typeWidth = Math.max(0, ...shown.map(({ type }) => type.length));
  const nameWidth = Math.max(0, ...shown.map(({ name }) => name.length));
  const lines = [...groups.values()].flatMap((group) => {
    const rows = group.slice(0, SHOWN_OF_A_KIND).map((change) => row(change, typeWidth, nameWidth));
    const hidden = group.length - rows.length;
    const [first] = group;
    return hidden > 0 && first
      ? [...rows, styled("dim", `  … and ${hidden} more of type ${first.type}`)]
      : rows;
  });
  const warnings = plan.warnings.map(({ message }) =>
    styled("yellow", `! ${stripVTControlCharacters(message)}`),
  );
  return `${[...lines, ...warnings, sum(plan)].join("\n")}\n`;
}

function row(change: Change, typeWidth: number, nameWidth: number): string {
  const { sign, colour } = SIGNS[change.action];
  const details = change.details.map(stripVTControlCharacters).join(", ");
  const text = `${sign} ${change.type.padEnd(typeWidth)}  ${change.name.padEnd(nameWidth)}`;
  return `${styled(colour, text)}  ${details}`.trimEnd();
}

function sum({ changes, unchanged, dryRun }: Plan): string {
  if (changes.length === 0) return `Nothing to change; ${unchanged} as the document says already`;
  const counts = (["CREATE", "UPDATE", "DELETE"] as const).map((action) => {
    const count = changes.filter((change) => change.action === action).length;
    return `${count} ${dryRun ? SIGNS[action].toDo : SIGNS[action].done}`;
  });
  const ending = dryRun ? " (dry run: nothing has changed)" : "";
  return `${counts.join(", ")}, ${unchanged} unchanged${ending}`;
}

function styled(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
