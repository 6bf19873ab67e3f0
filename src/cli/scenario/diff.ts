/** Lines that were expected and are missing (`-`), and lines that came instead (`+`), with some around. */

const CONTEXT = 2;
/** Beyond this many cells the exact comparison takes too long, and all that differs is shown. */
const MAX_CELLS = 4_000_000;

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** Empty when both texts are equal. */
export function diffLines(expected: string, actual: string): string[] {
  if (expected === actual) return [];
  const lines = compare(expected.split("\n"), actual.split("\n"));
  const shown = new Set<number>();
  for (const [index, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    for (let near = index - CONTEXT; near <= index + CONTEXT; near++) shown.add(near);
  }
  return lines.flatMap(({ sign, text }, index) => {
    if (!shown.has(index)) return [];
    const gap = index > 0 && !shown.has(index - 1) ? ["  …"] : [];
    return [...gap, `${sign} ${text}`.trimEnd()];
  });
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end++;
  const middle = between(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  );
  return [
    ...before.slice(0, start).map((text): Line => ({ sign: " ", text })),
    ...middle,
    ...before.slice(before.length - end).map((text): Line => ({ sign: " ", text })),
  ];
}

function between(before: readonly string[], after: readonly string[]): Line[] {
  const width = after.length + 1;
  const exact = before.length * after.length <= MAX_CELLS;
  const longest = exact ? longestCommon(before, after) : null;
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    const [old = "", fresh = ""] = [before[row], after[column]];
    if (longest && row < before.length && column < after.length && old === fresh) {
      lines.push({ sign: " ", text: old });
      row++;
      column++;
    } else if (row < before.length && keepsMore(longest, row, column, width)) {
      lines.push({ sign: "-", text: old });
      row++;
    } else if (column < after.length) {
      lines.push({ sign: "+", text: fresh });
      column++;
    } else {
      lines.push({ sign: "-", text: old });
      row++;
    }
  }
  return lines;
}

/** Whether as much is in common when the old line is passed over as when the new one is. */
function keepsMore(longest: Uint32Array | null, row: number, column: number, width: number) {
  if (!longest) return true;
  const [passed = 0, kept = 0] = [
    longest[(row + 1) * width + column],
    longest[row * width + column + 1],
  ];
  return passed >= kept;
}

/** For each pair of positions, how many lines the rests have in common. */
function longestCommon(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1;
  const table = new Uint32Array((before.length + 1) * width);
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const at = row * width + column;
      table[at] =
        before[row] === after[column]
          ? (table[at + width + 1] ?? 0) + 1
          : Math.max(table[at + width] ?? 0, table[at + 1] ?? 0);
    }
  }
  return table;
}
