/**
 * Recorded demand: a CSV text without a heading, a row for each guest, in it the guest's CPU in
 * percent (0 to 100), one value for each interval.
 */
export interface TraceFile {
  readonly rowCount: number;
  /** Shares (0 to 1) of row `index`, the same array each time. Throws TraceError for a malformed row. */
  row(index: number): readonly number[];
}

/** A trace can't be used; the message says why, for people. */
export class TraceError extends Error {}

/** Values in one row: ten years of five minutes each. */
export const MAX_VALUES_PER_ROW = 1_051_200;

/** `rowCount` leaves out blank lines at the end. Rows are parsed when first asked for. */
export function parseTrace(text: string): TraceFile {
  const lines = text.split("\n");
  while (lines.at(-1)?.trim() === "") lines.pop();
  const parsed: (readonly number[] | undefined)[] = [];
  return {
    rowCount: lines.length,
    row(index) {
      const line = lines[index];
      if (line === undefined)
        throw new RangeError(`No row ${index} in a trace of ${lines.length}.`);
      const shares = parsed[index] ?? parseRow(line, index);
      parsed[index] = shares;
      return shares;
    },
  };
}

function parseRow(line: string, index: number): readonly number[] {
  const cells = line.split(",", MAX_VALUES_PER_ROW + 1);
  if (cells.length > MAX_VALUES_PER_ROW) {
    throw new TraceError(`row ${index} holds more than ${MAX_VALUES_PER_ROW} values`);
  }
  return cells.map((cell, column) => {
    const percent = cell.trim() === "" ? Number.NaN : Number(cell);
    if (!(percent >= 0 && percent <= 100)) {
      const shown = JSON.stringify(cell.trim().slice(0, 40));
      throw new TraceError(
        `row ${index}, value ${column + 1} must be a percentage from 0 to 100, not ${shown}`,
      );
    }
    return percent / 100;
  });
}
