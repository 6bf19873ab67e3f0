import { createHash } from "node:crypto";
import { formatActor } from "../model/actors.ts";
import type { Command, CommandEnvelope, CommandResult } from "../model/commands.ts";
import { LIMITS } from "../model/limits.ts";
import type { ErrorCode } from "../model/statuses.ts";
import type { IdempotencyRecord } from "../store/batch.ts";
import type { Store } from "../store/writer.ts";
import type { CommandTiming } from "./command-timing.ts";

export type Reply = (result: CommandResult, timing?: CommandTiming) => void;

/** A command that waits for its turn, and whoever waits for its result. */
export interface Submission {
  readonly envelope: CommandEnvelope;
  readonly reply: Reply;
}

export function refused(
  code: ErrorCode,
  message: string,
  path: readonly string[] = [],
): CommandResult {
  return { ok: false, rejection: { code, message, path } };
}

/**
 * Refusals that are no answer to the command itself: the caller may mend the input, or try again
 * later, under the same key.
 */
const NOT_KEPT: readonly ErrorCode[] = ["INVALID_INPUT", "UNAVAILABLE", "INTERNAL"];

interface InFlight {
  readonly fingerprint: string;
  readonly others: Reply[];
}

/** The first command of a key, on its way: how its result is told and kept. */
export interface Claim {
  readonly reply: Reply;
  /** It comes to nothing, for how its key was used. */
  readonly refusal?: CommandResult;
  /** What to store together with the result; null when it is not to be kept. */
  keep(result: CommandResult, atMs: number): IdempotencyRecord | null;
}

/** One command does its work once, however often it is sent. */
export class Idempotency {
  readonly #store: Pick<Store, "findIdempotent">;
  readonly #inFlight = new Map<string, InFlight>();

  constructor(store: Pick<Store, "findIdempotent">) {
    this.#store = store;
  }

  /** Null when the command needs no more work: it was answered, or will be along with the first. */
  claim({ envelope, reply }: Submission): Claim | null {
    const { command, idempotencyKey: key } = envelope;
    if (key === null || isDryRun(command)) return { reply, keep: () => null };
    if (key === "" || key.length > LIMITS.idempotencyKeyLength) {
      const message = `An idempotency key has 1 to ${LIMITS.idempotencyKeyLength} characters.`;
      const refusal = refused("INVALID_INPUT", message, ["idempotencyKey"]);
      return { reply, refusal, keep: () => null };
    }
    const actor = formatActor(envelope.actor);
    const fingerprint = fingerprintOf(command);
    const first = this.#inFlight.get(idOf(actor, key));
    const known = first ?? this.#store.findIdempotent(actor, key);
    if (!known) return this.#firstOf({ actor, key, fingerprint }, reply);
    if (known.fingerprint !== fingerprint)
      return { reply, refusal: otherInput(key), keep: () => null };
    if (first) first.others.push(reply);
    else if ("result" in known) reply(known.result);
    return null;
  }

  #firstOf(record: Pick<IdempotencyRecord, "actor" | "key" | "fingerprint">, reply: Reply): Claim {
    const id = idOf(record.actor, record.key);
    const inFlight: InFlight = { fingerprint: record.fingerprint, others: [] };
    this.#inFlight.set(id, inFlight);
    return {
      reply: (result, timing) => {
        this.#inFlight.delete(id);
        reply(result, timing);
        for (const other of inFlight.others) other(result);
      },
      keep: (result, atMs) =>
        !result.ok && NOT_KEPT.includes(result.rejection.code) ? null : { ...record, result, atMs },
    };
  }
}

function idOf(actor: string, key: string): string {
  return JSON.stringify([actor, key]);
}

function isDryRun(command: Command): boolean {
  return command.kind === "APPLY_FLEET" && command.dryRun;
}

function otherInput(key: string): CommandResult {
  const message = `The idempotency key "${key}" was used before, with another input.`;
  return refused("CONFLICT", message, ["idempotencyKey"]);
}

/** What is drawn anew each time that the same is asked for. */
const DRAWN: ReadonlySet<string> = new Set(["secretHash", "issuedAtMs"]);

/** The same for the same command, whatever the order of its fields. */
export function fingerprintOf(command: Command): string {
  return createHash("sha256").update(JSON.stringify(command, sortedKeys)).digest("hex");
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !DRAWN.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}
