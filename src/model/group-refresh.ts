import type { GroupTemplate, ScalingProblem } from "./scaling.ts";
import type { RefreshStatus } from "./statuses.ts";

/** A template, and the number that it has among those of its group. */
export interface TemplateRevision {
  readonly revision: number;
  readonly template: GroupTemplate;
}

/** How a refresh is to go on. */
export interface RefreshPreferences {
  /** So much of what the group is to have serves at least, warm and well, as far as the refresh is concerned. */
  readonly minHealthyPercent: number;
  /** It waits when so much of it is done; ascending. */
  readonly checkpointPercents: readonly number[];
  readonly checkpointWaitSeconds: number;
  /** Back to the template before when new members fail. */
  readonly autoRollback: boolean;
  /** Members that were made of the template stay. */
  readonly skipMatching: boolean;
}

/**
 * Members are replaced, a few at a time, by others of the group's template, as in an instance refresh of
 * AWS Auto Scaling. The last one of a group stays with it.
 */
export interface GroupRefresh extends RefreshPreferences {
  readonly status: RefreshStatus;
  /** What it can go back to; null when no member to be replaced is known to be of another template. */
  readonly from: TemplateRevision | null;
  readonly toRevision: number;
  /** Of members: those with a lower one were there before. */
  readonly firstNumber: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Of the members that are to be replaced, those in whose place a new one serves. */
  readonly percent: number;
  /** Checkpoints that it has come to. */
  readonly checkpoints: number;
  /** At a checkpoint. */
  readonly waitsUntilMs: number | null;
  /** When the next member is warm. */
  readonly lookAtMs: number | null;
  /** New members that failed. */
  readonly failures: number;
  /** Why it ended, or goes back. */
  readonly reason: string | null;
}

/** As AWS has them, but that it goes back by itself and leaves alone what fits. */
export const REFRESH_DEFAULTS = {
  minHealthyPercent: 90,
  checkpointWaitSeconds: 3_600,
  autoRollback: true,
  skipMatching: true,
} as const;

export const REFRESH_LIMITS = { checkpoints: 20, seconds: 172_800 } as const;

/** New members that fail before it is given up: one may be bad luck. */
export const REFRESH_FAILURES = 3;

const GOES_ON: ReadonlySet<RefreshStatus> = new Set<RefreshStatus>([
  "IN_PROGRESS",
  "AT_CHECKPOINT",
  "ROLLING_BACK",
]);
export function goesOn(refresh: GroupRefresh | null): refresh is GroupRefresh {
  return refresh !== null && GOES_ON.has(refresh.status);
}

/** What is wrong with the wish, and the field to blame. */
export function refreshProblem(wish: RefreshPreferences): ScalingProblem | null {
  const { minHealthyPercent, checkpointWaitSeconds } = wish;
  if (!isPercent(minHealthyPercent, 0))
    return {
      path: ["minHealthyPercent"],
      message: `minHealthyPercent must be a whole number from 0 to 100, not ${minHealthyPercent}`,
    };
  if (!(checkpointWaitSeconds >= 0 && checkpointWaitSeconds <= REFRESH_LIMITS.seconds))
    return {
      path: ["checkpointWaitSeconds"],
      message: `checkpointWaitSeconds must be from 0 to ${REFRESH_LIMITS.seconds}, not ${checkpointWaitSeconds}`,
    };
  return checkpointsProblem(wish);
}

function checkpointsProblem({ checkpointPercents }: RefreshPreferences): ScalingProblem | null {
  if (checkpointPercents.length > REFRESH_LIMITS.checkpoints)
    return {
      path: ["checkpointPercents"],
      message: `a refresh has ${REFRESH_LIMITS.checkpoints} checkpoints at most`,
    };
  for (const [index, percent] of checkpointPercents.entries()) {
    const path = ["checkpointPercents", String(index)];
    if (!isPercent(percent, 1))
      return { path, message: `a checkpoint is a whole number from 1 to 100, not ${percent}` };
    const before = checkpointPercents[index - 1] ?? 0;
    if (percent <= before)
      return { path, message: `checkpoints ascend: ${percent} comes after ${before}` };
  }
  return null;
}

function isPercent(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least && value <= 100;
}
