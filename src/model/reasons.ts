import type { AffinityRuleId, GuestId, HostId } from "./ids.ts";
import type { ReasonCode } from "./statuses.ts";

/** Why something is not as it was asked for, in words a person can act on. */
export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
  readonly hostId?: HostId;
  readonly guestId?: GuestId;
  readonly ruleId?: AffinityRuleId;
}

/** One host as one guest's placement saw it. `score` is null when a filter ruled it out. */
export interface HostVerdict {
  readonly hostId: HostId;
  readonly feasible: boolean;
  readonly score: number | null;
  readonly scores: Readonly<Record<string, number>>;
  readonly rejectedBy: readonly Reason[];
}

/**
 * Why a guest runs where it runs. `verdicts` holds the hosts that were examined, best first; the
 * free-capacity index passed over the other `hostsNotExamined` without a look.
 */
export interface Placement {
  readonly hostId: HostId;
  readonly decidedAtMs: number;
  readonly score: number;
  readonly verdicts: readonly HostVerdict[];
  readonly hostsExamined: number;
  readonly hostsNotExamined: number;
}
