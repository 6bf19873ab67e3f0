import type { Action } from "../../model/actions.ts";
import { type Asked, answerDone, answerFailed } from "./answers.ts";
import { canBeFenced } from "./conditions.ts";
import { switchOff } from "./power.ts";
import { noteHost } from "./timers.ts";
import type { SimulatedHost, World } from "./world.ts";

/** How long a management controller takes to cut the power and to be certain of it. */
const FENCE_MS = 500;
/** How long until it is given up that one answers. */
const UNREACHABLE_MS = 1_000;

type FenceAction = Extract<Action, { kind: "FENCE" }>;

/** A fence is a power cycle by the management controller: a host that is well boots again, empty. */
export function beginFence(world: World, action: FenceAction): void {
  const host = world.hosts.get(action.hostId);
  const { generation } = action;
  if (!host) {
    answerFailed(world, asked(action.hostId, generation), "The host is not known.");
    return;
  }
  if (generation === host.fencedGeneration) {
    answerDone(world, asked(action.hostId, generation));
    return;
  }
  const newest = Math.max(host.fencedGeneration, host.fence?.generation ?? 0);
  // An older one is out of date, and the one in progress will be answered.
  if (generation < newest || host.fence?.generation === generation) return;
  const delayMs = canBeFenced(world, host) ? FENCE_MS : UNREACHABLE_MS;
  host.fence = { generation, dueAtMs: world.nowMs + delayMs };
  noteHost(world, host);
}

/** What counts is whether the controller can be spoken to at the end. */
export function completeFence(world: World, host: SimulatedHost): void {
  const { fence } = host;
  if (!fence) return;
  host.fence = null;
  const answered = asked(host.description.id, fence.generation);
  if (!canBeFenced(world, host)) {
    const { name } = host.description;
    answerFailed(world, answered, `The management controller of host ${name} can't be reached.`);
    return;
  }
  host.fencedGeneration = fence.generation;
  if (host.power !== "OFF") switchOff(world, host);
  answerDone(world, answered);
}

function asked(hostId: SimulatedHost["description"]["id"], generation: number): Asked {
  return { kind: "FENCE", guestId: null, hostId, generation };
}
