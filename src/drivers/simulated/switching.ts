import type { Action } from "../../model/actions.ts";
import { type Asked, answerDone, answerFailed } from "./answers.ts";
import { canBeFenced, canBeHeard, isPowered } from "./conditions.ts";
import { switchOff } from "./power.ts";
import { noteHost } from "./timers.ts";
import type { SimulatedHost, World } from "./world.ts";

type SwitchAction = Extract<Action, { kind: "REBOOT_HOST" | "SHUTDOWN_HOST" | "POWER_ON_HOST" }>;

/** How long a host without guests takes to go down, and a management controller to switch it on. */
const DURATION_MS = { REBOOT_HOST: 3_000, SHUTDOWN_HOST: 3_000, POWER_ON_HOST: 500 } as const;

/** Going down is the host's own doing; switching on is that of its management controller. */
export function beginSwitch(world: World, action: SwitchAction): void {
  const { kind, hostId, generation } = action;
  const asked: Asked = { kind, guestId: null, hostId, generation };
  const host = world.hosts.get(hostId);
  if (!host) {
    answerFailed(world, asked, "The host is not known.");
    return;
  }
  if (generation === host.switchedGeneration) {
    answerDone(world, asked);
    return;
  }
  const newest = Math.max(host.switchedGeneration, host.switching?.generation ?? 0);
  // An older one is out of date, and the one in progress will be answered.
  if (generation < newest || host.switching?.generation === generation) return;
  host.switching = { kind, generation, dueAtMs: world.nowMs + DURATION_MS[kind] };
  noteHost(world, host);
}

/** What counts is whether the host, or its controller, can be spoken to at the end. */
export function completeSwitch(world: World, host: SimulatedHost): void {
  const { switching } = host;
  if (!switching) return;
  host.switching = null;
  const { kind, generation } = switching;
  const asked: Asked = { kind, guestId: null, hostId: host.description.id, generation };
  const error = kind === "POWER_ON_HOST" ? whyNotOn(world, host) : whyNotDown(world, host);
  if (error !== null) {
    answerFailed(world, asked, error);
    return;
  }
  host.switchedGeneration = generation;
  host.shutDown = kind === "SHUTDOWN_HOST";
  if (kind !== "POWER_ON_HOST") switchOff(world, host);
  answerDone(world, asked);
}

function whyNotDown(world: World, host: SimulatedHost): string | null {
  return canBeHeard(world, host) ? null : `Host ${host.description.name} does not answer.`;
}

function whyNotOn(world: World, host: SimulatedHost): string | null {
  const { name } = host.description;
  if (!canBeFenced(world, host))
    return `The management controller of host ${name} can't be reached.`;
  if (isPowered(world, { ...host, shutDown: false })) return null;
  return host.tripped ? `Host ${name} is too hot to be switched on.` : `Host ${name} has no power.`;
}
