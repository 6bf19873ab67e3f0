/** Placement by itself, on the engine's own state: no store, no driver, no thread. */

import { decide } from "../src/engine/engine.ts";
import type { Input } from "../src/engine/input.ts";
import { place } from "../src/engine/placement/place.ts";
import { subjectFor } from "../src/engine/placement/subject.ts";
import { State } from "../src/engine/state.ts";
import { ENGINE } from "../src/model/actors.ts";
import type { Guest } from "../src/model/entities.ts";
import type { FleetSpec } from "../src/model/fleet.ts";
import { secondsOf } from "./harness.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const TICK: Input = { kind: "TICK" };

/** All hosts up and empty, all guests waiting. */
export function waitingFleet(spec: FleetSpec): State {
  const state = State.from(null, NOW_MS);
  const command = { kind: "APPLY_FLEET", spec, dryRun: false, prune: false } as const;
  take(state, { kind: "COMMAND", command, actor: ENGINE });
  for (const { id } of state.tables.Host.sorted()) {
    const observation = { kind: "HOST_CONNECTED", hostId: id, guests: [] } as const;
    take(state, { kind: "OBSERVATION", observation, driver: "simulated" });
  }
  if (state.indexes.waiting.size !== spec.guests.length)
    throw new Error(`${state.indexes.waiting.size} of ${spec.guests.length} guests wait`);
  state.checkpoint();
  return state;
}

function take(state: State, input: Input): void {
  const { rejection } = decide(state, input, NOW_MS);
  if (rejection) throw new Error(rejection.message);
}

/** Guests placed a second by one TICK that finds them all waiting: choosing, and the facts of it. */
export function placementPass(state: State): number {
  const mark = state.mark();
  let placed = 0;
  const seconds = secondsOf(() => {
    const { events } = decide(state, TICK, NOW_MS);
    placed = events.filter(({ kind }) => kind === "GuestPlaced").length;
  });
  state.rollback(mark);
  return perSecond(state, placed, seconds);
}

/** Guests placed a second by choosing a host and taking its room, one after another. */
export function placementLoop(state: State): number {
  const guests = inOrder(state);
  const mark = state.mark();
  let placed = 0;
  const seconds = secondsOf(() => {
    for (const guest of guests) {
      const choice = place(state, subjectFor(state, guest), NOW_MS);
      if (!choice.ok) continue;
      const { placement } = choice;
      state.tables.Guest.patch(guest.id, { hostId: placement.hostId, placement });
      placed++;
    }
  });
  state.rollback(mark);
  return perSecond(state, placed, seconds);
}

/** As the engine takes them: the largest first, while there is room for it. */
function inOrder(state: State): Guest[] {
  return state.tables.Guest.sorted().sort(
    (a, b) =>
      b.resources.memoryMiB - a.resources.memoryMiB ||
      b.resources.cpuMillicores - a.resources.cpuMillicores ||
      a.id - b.id,
  );
}

function perSecond(state: State, placed: number, seconds: number): number {
  if (placed !== state.tables.Guest.size)
    throw new Error(`${placed} of ${state.tables.Guest.size} guests have found a place`);
  return placed / seconds;
}
