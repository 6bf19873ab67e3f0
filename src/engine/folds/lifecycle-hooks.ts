import type { FleetEvent } from "../../model/events.ts";
import type { LifecycleWait, PendingHook } from "../../model/lifecycle-hooks.ts";
import type { State } from "../state.ts";
import type { Folds } from "./fold.ts";
import { noteLaunch } from "./launches.ts";
import { changeMembership } from "./membership.ts";

/** Who goes does not wait for what was to be done before it served. */
function wait(state: State, event: FleetEvent<"LifecycleActionPending">): void {
  const { guest, hook, transition, timesOutAt, latestAt } = event.payload;
  const before = waitOf(state, guest);
  const hooks = before?.transition === transition ? before.hooks : [];
  const pending = { hook, timesOutAtMs: timesOutAt, latestAtMs: latestAt };
  put(state, event, { transition, hooks: [...hooks, pending], abandoned: null });
}

/** One that is abandoned ends the others, too. */
function end(
  state: State,
  event: FleetEvent<"LifecycleActionCompleted"> | FleetEvent<"LifecycleActionTimedOut">,
): void {
  const { guest, hook, transition, result, reason } = event.payload;
  const isAbandoned = result === "ABANDON";
  const hooks = isAbandoned ? [] : otherHooks(state, guest, hook);
  const why =
    isAbandoned && transition === "LAUNCHING" ? `hook ${hook} of its launch: ${reason}` : null;
  put(state, event, { transition, hooks, abandoned: why });
}

function waitOf({ tables }: State, guestId: number): LifecycleWait | null {
  return tables.Guest.get(guestId).membership?.lifecycle ?? null;
}

function otherHooks(state: State, guestId: number, name: string): readonly PendingHook[] {
  return (waitOf(state, guestId)?.hooks ?? []).filter(({ hook }) => hook !== name);
}

function put(
  state: State,
  event: FleetEvent & { payload: { guest: number } },
  wait: Omit<LifecycleWait, "causeSeq">,
): void {
  changeMembership(state, event.payload.guest, { lifecycle: { ...wait, causeSeq: event.seq } });
}

export const lifecycleFolds = {
  LifecycleActionPending: wait,
  LifecycleActionCompleted: end,
  LifecycleActionTimedOut: end,
  LifecycleHeartbeatRecorded: (state, event) => {
    const { guest, hook: name, timesOutAt } = event.payload;
    const before = waitOf(state, guest);
    if (!before) return;
    const hooks = before.hooks.map((each) =>
      each.hook === name ? { ...each, timesOutAtMs: timesOutAt } : each,
    );
    put(state, event, { ...before, hooks });
  },
  MemberInService: (state, { atMs, payload }) => {
    changeMembership(state, payload.guest, { launchedAtMs: atMs, lifecycle: null });
    noteLaunch(state, payload.guest, atMs);
  },
} satisfies Folds;
