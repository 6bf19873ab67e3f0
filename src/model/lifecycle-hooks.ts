import type { Seq } from "./ids.ts";
import type { ScalingProblem } from "./scaling.ts";
import type { LifecycleResult, LifecycleTransition } from "./statuses.ts";

/**
 * Something outside that is to be done with a member before it serves, or before it goes. As in AWS
 * Auto Scaling ("Lifecycle hooks").
 */
export interface LifecycleHook {
  /** The only one of its kind in its group. */
  readonly name: string;
  readonly transition: LifecycleTransition;
  /** A member waits for so long, and for so long anew after each heartbeat. */
  readonly timeoutSeconds: number;
  /** What becomes of one for which nobody completes it in time. */
  readonly onTimeout: LifecycleResult;
}

/** A hook that a member waits for. */
export interface PendingHook {
  readonly hook: string;
  readonly timesOutAtMs: number;
  /** No heartbeat puts it off for longer. */
  readonly latestAtMs: number;
}

/** What a member waits for: until no hook is left. */
export interface LifecycleWait {
  readonly transition: LifecycleTransition;
  readonly hooks: readonly PendingHook[];
  /** Why it is not to serve; null unless a hook of its launch was abandoned. */
  readonly abandoned: string | null;
  /** The last fact about it. */
  readonly causeSeq: Seq;
}

export const HOOK_DEFAULTS = { timeoutSeconds: 3_600, onTimeout: "ABANDON" } as const;

export const HOOK_LIMITS = { hooks: 50, nameLength: 255, timeoutSeconds: 86_400 } as const;

/** Heartbeats put it off by so many time-outs, or by two days, whichever is less: the bounds of AWS. */
const TIMEOUTS_MOST = 100;
const WAIT_MOST_SECONDS = 172_800;

/** When a wait for a hook that begins now is over, and when it is over at the latest. */
export function waitFor({ name, timeoutSeconds }: LifecycleHook, nowMs: number): PendingHook {
  const latestSeconds = Math.min(TIMEOUTS_MOST * timeoutSeconds, WAIT_MOST_SECONDS);
  const [timesOutAtMs, latestAtMs] = [timeoutSeconds, latestSeconds].map(
    (seconds) => nowMs + Math.round(seconds * 1000),
  ) as [number, number];
  return { hook: name, timesOutAtMs, latestAtMs };
}

/** What is wrong with a group's hooks, and the field to blame. */
export function hooksProblem(hooks: readonly LifecycleHook[]): ScalingProblem | null {
  if (hooks.length > HOOK_LIMITS.hooks)
    return { path: ["lifecycleHooks"], message: `a group has ${HOOK_LIMITS.hooks} hooks at most` };
  for (const [index, hook] of hooks.entries()) {
    const problem = hookProblem(hook) ?? nameTwice(hooks, index);
    if (problem) return { ...problem, path: ["lifecycleHooks", String(index), ...problem.path] };
  }
  return null;
}

function hookProblem({ name, timeoutSeconds }: LifecycleHook): ScalingProblem | null {
  if (name === "" || name.length > HOOK_LIMITS.nameLength)
    return {
      path: ["name"],
      message: `a hook's name has 1 to ${HOOK_LIMITS.nameLength} characters`,
    };
  const isTime = timeoutSeconds >= 1 && timeoutSeconds <= HOOK_LIMITS.timeoutSeconds;
  const message = `timeoutSeconds must be from 1 to ${HOOK_LIMITS.timeoutSeconds}, not ${timeoutSeconds}`;
  return isTime ? null : { path: ["timeoutSeconds"], message };
}

function nameTwice(hooks: readonly LifecycleHook[], index: number): ScalingProblem | null {
  const name = hooks[index]?.name;
  const isFirst = hooks.findIndex((other) => other.name === name) === index;
  return isFirst ? null : { path: ["name"], message: `hook ${name} is there twice` };
}
