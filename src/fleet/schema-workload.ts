import {
  type ChoiceSchema,
  constant,
  integer,
  list,
  number,
  object,
  type TextSchema,
} from "./schema-kinds.ts";
import { MAX_VALUES_PER_ROW } from "./trace-file.ts";

const WEEK = 7 * 86_400;

function share(description: string) {
  return number(0, 1, { description });
}

const traceFile: TextSchema = {
  type: "string",
  maxLength: 1024,
  description:
    "A CSV file without a heading, one guest a row, values in percent of its CPU. The path is relative: to the document's folder on the command line, to TRACES_DIR over the network.",
};

const traceRow = integer(0, 1_000_000, { description: "The row of the file, the first is 0." });

/** A row of a trace file that came along in the document. */
export const TRACE_ROW = object(
  {
    file: traceFile,
    row: traceRow,
    shares: list(share("The share wanted in one interval."), MAX_VALUES_PER_ROW, {
      description: "The row's values, as shares.",
      minItems: 1,
    }),
  },
  ["file", "row", "shares"],
  { description: "One row of a trace file." },
);

export const WORKLOAD: ChoiceSchema = {
  description:
    "Demand for CPU over time, as a share (0 to 1) of the guest's cores. Simulated guests only.",
  oneOf: [
    object(
      { kind: constant("CONSTANT"), cpuShare: share("The share it always wants.") },
      ["kind", "cpuShare"],
      { description: "The same at all times." },
    ),
    object(
      {
        kind: constant("DIURNAL"),
        minShare: share("The share it wants twelve hours from `peakHour`."),
        maxShare: share("The share it wants at `peakHour`."),
        peakHour: number(0, 24, { description: "Hour of the day, UTC.", default: 14 }),
      },
      ["kind", "minShare", "maxShare"],
      { description: "A wave over 24 hours." },
    ),
    object(
      {
        kind: constant("SPIKE"),
        baseShare: share("The share it wants between spikes."),
        spikeShare: share("The share it wants in a spike."),
        everySeconds: number(1, WEEK, { description: "From one spike's start to the next's." }),
        durationSeconds: number(1, WEEK, { description: "How long a spike lasts." }),
      },
      ["kind", "baseShare", "spikeShare", "everySeconds", "durationSeconds"],
      { description: "A burst at regular times." },
    ),
    object(
      {
        kind: constant("TRACE"),
        file: traceFile,
        row: traceRow,
        intervalSeconds: number(1, WEEK, {
          description: "Time from one value to the next.",
          default: 300,
        }),
      },
      ["kind", "file", "row"],
      { description: "Recorded demand, repeated for ever." },
    ),
  ],
};
