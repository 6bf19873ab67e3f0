import type { Command, Outcome } from "../../model/commands.ts";
import type { Host, HostPower } from "../../model/entities.ts";
import type { HostId, OperationId } from "../../model/ids.ts";
import type { HostPowerVerb, ShutdownPolicy } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { isWatched } from "../host-conditions.ts";
import { conflict } from "../refusal.ts";
import { findHost, operationOn } from "./maintenance.ts";
import { openHostOperation, succeedOperation, supersedeOperation } from "./operations.ts";

/** Reboot, shutdown and start of hosts: what may be asked of a host when. */

const OPERATIONS = {
  REBOOT: "REBOOT_HOST",
  SHUTDOWN: "SHUTDOWN_HOST",
  POWER_ON: "POWER_ON_HOST",
} as const;

const UNDER_WAY: Record<HostPowerVerb, string> = {
  REBOOT: "being rebooted",
  SHUTDOWN: "being shut down",
  POWER_ON: "being powered on",
  STANDBY: "being put in standby",
};

function outcome({ id: hostId }: Host, operationId: OperationId | null): Outcome {
  return { kind: "HOST", hostId, operationId };
}

function isUnderWay({ name }: Host, { verb }: HostPower) {
  return conflict(`Host ${name} is ${UNDER_WAY[verb]}; wait until that is done.`, ["hostId"]);
}

export function rebootHost(
  ctx: Context,
  { hostId }: Extract<Command, { kind: "REBOOT_HOST" }>,
): Outcome {
  const host = findHost(ctx, hostId);
  const { power } = host;
  if (power?.verb === "REBOOT" && power.phase === "EMPTYING")
    return outcome(host, running(ctx, host));
  if (power?.phase === "OFF")
    throw conflict(`Host ${host.name} is off; it can be powered on instead.`, ["hostId"]);
  if (power !== null) throw isUnderWay(host, power);
  checkInContact(host, "rebooted");
  return empty(ctx, host, "REBOOT");
}

export function shutdownHost(
  ctx: Context,
  { hostId }: Extract<Command, { kind: "SHUTDOWN_HOST" }>,
): Outcome {
  const host = findHost(ctx, hostId);
  const { power } = host;
  if (power?.verb === "SHUTDOWN") return outcome(host, running(ctx, host));
  if (power?.verb === "STANDBY" && power.phase === "OFF") return stayOff(ctx, host);
  // A reboot that has not begun yet can still be a shutdown.
  if (power !== null && power.phase !== "EMPTYING") throw isUnderWay(host, power);
  checkInContact(host, "shut down");
  return empty(ctx, host, "SHUTDOWN");
}

/** It is off, and will not be woken any more. */
function stayOff(ctx: Context, host: Host): Outcome {
  const { policy, seq } = host.power ?? { policy: "MIGRATE", seq: 0 };
  const more = { policy, phase: "OFF", wasOff: false } as const;
  const operationId = request(ctx, host.id, "SHUTDOWN", more);
  succeedOperation(ctx, host.id, seq);
  return outcome(host, operationId);
}

function running(ctx: Context, host: Host): OperationId | null {
  return operationOn(ctx, host);
}

function checkInContact(host: Host, verb: string): void {
  if (!isWatched(host))
    throw conflict(
      `Host ${host.name} is ${host.status}; only a host that is in contact can be ${verb}.`,
      ["hostId"],
    );
}

/** What CONDITIONAL means: a host that is back soon keeps its guests, one that goes away gives them up. */
function policyFor(policy: ShutdownPolicy, verb: "REBOOT" | "SHUTDOWN"): HostPower["policy"] {
  if (policy !== "CONDITIONAL") return policy;
  return verb === "REBOOT" ? "FREEZE" : "FAILOVER";
}

function empty(ctx: Context, host: Host, verb: "REBOOT" | "SHUTDOWN"): Outcome {
  const policy = policyFor(ctx.state.meta.settings.shutdownPolicy, verb);
  return outcome(host, request(ctx, host.id, verb, { policy, phase: "EMPTYING", wasOff: false }));
}

function request(
  ctx: Context,
  host: HostId,
  verb: keyof typeof OPERATIONS,
  more: Pick<HostPower, "policy" | "phase" | "wasOff">,
): OperationId {
  const definition = { verb, ...more, sinceMs: ctx.nowMs, orderedAtMs: null, seq: 0 };
  const policy = verb === "POWER_ON" ? null : more.policy;
  const payload = { host, verb, policy, definition };
  const seq = ctx.emitAsActor("HostPowerRequested", payload, null);
  return openHostOperation(ctx, host, OPERATIONS[verb], seq);
}

/** Switches it on; a reboot or shutdown whose guests have not all left yet is called off. */
export function powerOnHost(
  ctx: Context,
  { hostId }: Extract<Command, { kind: "POWER_ON_HOST" }>,
): Outcome {
  const host = findHost(ctx, hostId);
  const { power } = host;
  if (power?.phase === "EMPTYING") return callOff(ctx, host, power);
  if (power?.verb === "POWER_ON") return outcome(host, running(ctx, host));
  if (power !== null && power.phase !== "OFF") throw isUnderWay(host, power);
  if (host.status !== "DOWN" && host.status !== "STANDBY")
    throw conflict(`Host ${host.name} is ${host.status}; only one that is off can be powered on.`, [
      "hostId",
    ]);
  return outcome(host, powerOn(ctx, host));
}

export function powerOn(ctx: Context, host: Host): OperationId {
  // Guests that wait for it go on waiting.
  const more = { policy: "FREEZE", phase: "SWITCHING", wasOff: host.power !== null } as const;
  const operation = request(ctx, host.id, "POWER_ON", more);
  orderSwitch(ctx, ctx.state.tables.Host.get(host.id), host.generation + 1);
  return operation;
}

function callOff(ctx: Context, host: Host, { verb, seq: cause }: HostPower): Outcome {
  const seq = ctx.emitAsActor("HostPowerCancelled", { host: host.id, verb }, cause);
  supersedeOperation(ctx, host.id, "POWER_ON_HOST was asked for", seq);
  return outcome(host, null);
}

/** The order to the driver; again under the same generation, it is done once and answered again. */
export function orderSwitch(ctx: Context, { id: host, power }: Host, generation: number): void {
  if (power === null) return;
  const { verb, seq } = power;
  ctx.emit("HostPowerSwitching", { host, verb, generation }, seq);
}
