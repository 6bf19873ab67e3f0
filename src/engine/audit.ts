import type { Actor } from "../model/actors.ts";
import { refsOf } from "../model/command-refs.ts";
import type { Command, CommandResult } from "../model/commands.ts";
import type { Ref } from "../model/ids.ts";
import type { Rejection } from "../model/rejections.ts";
import { Context } from "./context.ts";
import type { Decision } from "./input.ts";
import type { State } from "./state.ts";

/** Enough to know why; what was wrong with each line of a document, its sender was told. */
const MAX_DETAIL_CHARS = 500;

/**
 * The fact that somebody asked for something, and what the answer was. It changes nothing else. That the
 * clock was moved is such a fact already, and a sample is none.
 */
export function audited(
  state: State,
  command: Command,
  actor: Actor,
  result: CommandResult,
  nowMs: number,
): Decision {
  const ctx = new Context(state, nowMs, actor);
  if ((command.kind === "ADVANCE_CLOCK" || command.kind === "PUT_METRIC") && result.ok)
    return { events: [], outcome: null, rejection: null };
  const dryRun = command.kind === "APPLY_FLEET" && command.dryRun;
  const done = dryRun ? "nothing was changed, which is as it was asked" : "done";
  ctx.emitAsActor(
    "CommandAudited",
    {
      target: targetOf(command, result),
      command: command.kind === "REFUSED_BEFORE" ? command.mutation : command.kind,
      result: result.ok ? "OK" : result.rejection.code,
      detail: result.ok ? done : detailOf(result.rejection),
      dryRun,
    },
    null,
    result.ok ? null : "NOTICE",
  );
  return { events: ctx.events, outcome: null, rejection: null };
}

/**
 * What it was about; null for the whole fleet, and where there is nothing: who may not see a thing must
 * not learn from the audit that it is there, or where.
 */
function targetOf(command: Command, result: CommandResult): Ref | null {
  if (!result.ok && result.rejection.code === "NOT_FOUND") return null;
  if ("target" in command) return command.target;
  const [named] = refsOf(command);
  const isNew = command.kind === "CREATE_GUEST" || command.kind === "CREATE_SCALING_GROUP";
  if (!isNew && named) return named.ref;
  if (!result.ok) return null;
  if (result.outcome.kind === "GUEST") return { type: "Guest", id: result.outcome.guestId };
  return result.outcome.kind === "SCALING_GROUP"
    ? { type: "ScalingGroup", id: result.outcome.scalingGroupId }
    : null;
}

/** As it may be told to the tenant whose guest it is about. */
function detailOf({ message, messageForTenants = message }: Rejection): string {
  return messageForTenants.slice(0, MAX_DETAIL_CHARS);
}
