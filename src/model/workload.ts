/** A guest's demand for CPU over time, as a share of its own cores (0 to 1). */
export type Workload =
  | { readonly kind: "CONSTANT"; readonly cpuShare: number }
  /** A sine over 24 h between `minShare` and `maxShare`, highest at `peakHour` (UTC). */
  | {
      readonly kind: "DIURNAL";
      readonly minShare: number;
      readonly maxShare: number;
      readonly peakHour: number;
    }
  /** `baseShare`, and `spikeShare` for `durationSeconds` at the start of each `everySeconds`. */
  | {
      readonly kind: "SPIKE";
      readonly baseShare: number;
      readonly spikeShare: number;
      readonly everySeconds: number;
      readonly durationSeconds: number;
    }
  /** Recorded shares, one each `intervalSeconds`, repeated for ever; `name` is `<file>#<row>`. */
  | {
      readonly kind: "TRACE";
      readonly name: string;
      readonly intervalSeconds: number;
      readonly shares: readonly number[];
    };
