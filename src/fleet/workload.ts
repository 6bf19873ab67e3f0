import type { Path } from "../model/fleet.ts";
import type { Workload } from "../model/workload.ts";
import type { TraceItem, WorkloadItem } from "./document.ts";
import { type ProblemList, quote } from "./problems.ts";
import { TraceError, type TraceFile } from "./trace-file.ts";

const DEFAULT_PEAK_HOUR = 14;
const DEFAULT_INTERVAL_SECONDS = 300;

/** Turns the document's workloads into the model's. Null for one that is wrong. */
export class WorkloadBuilder {
  readonly #problems: ProblemList;
  readonly #readTrace: ((file: string) => TraceFile) | undefined;
  /** Rows that the document brings along, by `<file>#<row>`. */
  readonly #rows = new Map<string, readonly number[]>();

  constructor(problems: ProblemList, readTrace: ((file: string) => TraceFile) | undefined) {
    this.#problems = problems;
    this.#readTrace = readTrace;
  }

  /** Rows to take as they are: their files are not opened for them. */
  bring(traces: readonly TraceItem[]): void {
    for (const [index, { file, row, shares }] of traces.entries()) {
      const name = traceName(file, row);
      if (this.#rows.has(name)) {
        this.#problems.add(
          ["traces", String(index)],
          `row ${row} of ${quote(file)} is given twice`,
        );
      }
      this.#rows.set(name, shares);
    }
  }

  build(item: WorkloadItem, path: Path): Workload | null {
    switch (item.kind) {
      case "CONSTANT":
        return { ...item };
      case "DIURNAL":
        if (item.minShare > item.maxShare) {
          this.#problems.add([...path, "minShare"], `must be at most maxShare (${item.maxShare})`);
        }
        return { ...item, peakHour: item.peakHour ?? DEFAULT_PEAK_HOUR };
      case "SPIKE":
        if (item.durationSeconds > item.everySeconds) {
          const words = `must be at most everySeconds (${item.everySeconds})`;
          this.#problems.add([...path, "durationSeconds"], words);
        }
        return { ...item };
      case "TRACE":
        return this.#trace(item, path);
    }
  }

  #trace(item: WorkloadItem & { kind: "TRACE" }, path: Path): Workload | null {
    const { file, row, intervalSeconds = DEFAULT_INTERVAL_SECONDS } = item;
    const name = traceName(file, row);
    const shares = this.#rows.get(name) ?? this.#readRow(file, row, path);
    return shares && { kind: "TRACE", name, intervalSeconds, shares };
  }

  #readRow(file: string, row: number, path: Path): readonly number[] | null {
    const trace = this.#open(file, path);
    if (!trace) return null;
    const { rowCount } = trace;
    if (row >= rowCount) {
      const rows = rowCount === 0 ? "is empty" : `has the rows 0 to ${rowCount - 1}`;
      this.#problems.add([...path, "row"], `there is no row ${row}: ${quote(file)} ${rows}`);
      return null;
    }
    try {
      return trace.row(row);
    } catch (error) {
      return this.#failed(error, file, path);
    }
  }

  #open(file: string, path: Path): TraceFile | null {
    if (!this.#readTrace) {
      const words =
        "no traces can be read here: set TRACES_DIR to the folder that holds them, and start the server anew";
      this.#problems.add([...path, "file"], words);
      return null;
    }
    try {
      return this.#readTrace(file);
    } catch (error) {
      return this.#failed(error, file, path);
    }
  }

  #failed(error: unknown, file: string, path: Path): null {
    if (!(error instanceof TraceError)) throw error;
    this.#problems.add(
      [...path, "file"],
      `the trace ${quote(file)} can't be used: ${error.message}`,
    );
    return null;
  }
}

function traceName(file: string, row: number): string {
  return `${file}#${row}`;
}
