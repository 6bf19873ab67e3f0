import type { Actor } from "../model/actors.ts";
import type { Command, CommandResult } from "../model/commands.ts";
import type { Ref } from "../model/ids.ts";
import { Context } from "./context.ts";
import type { Decision } from "./input.ts";
import type { State } from "./state.ts";

/** Enough to know why; what was wrong with each line of a document, its sender was told. */
const MAX_DETAIL_CHARS = 500;

/**
 * The fact that somebody asked for something, and what the answer was. It changes nothing else. That the
 * clock was moved is such a fact already.
 */
export function audited(
  state: State,
  command: Command,
  actor: Actor,
  result: CommandResult,
  nowMs: number,
): Decision {
  const ctx = new Context(state, nowMs, actor);
  if (command.kind === "ADVANCE_CLOCK" && result.ok)
    return { events: [], outcome: null, rejection: null };
  const dryRun = command.kind === "APPLY_FLEET" && command.dryRun;
  const done = dryRun ? "nothing was changed, which is as it was asked" : "done";
  ctx.emitAsActor(
    "CommandAudited",
    {
      target: targetOf(command, result),
      command: command.kind === "REFUSED_BEFORE" ? command.mutation : command.kind,
      result: result.ok ? "OK" : result.rejection.code,
      detail: result.ok ? done : result.rejection.message.slice(0, MAX_DETAIL_CHARS),
      dryRun,
    },
    null,
    result.ok ? null : "NOTICE",
  );
  return { events: ctx.events, outcome: null, rejection: null };
}

/** What it was about; null for the whole fleet, or where nothing has come to be. */
function targetOf(command: Command, result: CommandResult): Ref | null {
  if ("target" in command) return command.target;
  if ("guestId" in command) return { type: "Guest", id: command.guestId };
  if ("hostId" in command) return { type: "Host", id: command.hostId };
  const isGuest = result.ok && result.outcome.kind === "GUEST";
  return isGuest ? { type: "Guest", id: result.outcome.guestId } : null;
}
