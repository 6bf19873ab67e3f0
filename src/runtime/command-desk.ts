import type { Actor } from "../model/actors.ts";
import type { Command, CommandResult } from "../model/commands.ts";
import { Advances, advanceProblem } from "./advances.ts";
import { type Batch, FULL } from "./batch.ts";
import { preciseNowMs } from "./command-timing.ts";
import type { Decisions, Ruling } from "./decisions.ts";
import { type Claim, type Idempotency, refused, type Submission } from "./idempotency.ts";
import type { ClockMode } from "./ports.ts";
import { Queue } from "./queue.ts";
import { messageOf } from "./troubles.ts";
import type { WriterFigures } from "./writer-figures.ts";

/** Commands from when they come in until a batch holds their answers. */
export class CommandDesk {
  readonly #mode: ClockMode;
  readonly #decisions: Decisions;
  readonly #idempotency: Idempotency;
  readonly #figures: WriterFigures;
  readonly #waiting = new Queue<Submission>();
  readonly #advances = new Advances();

  constructor(
    mode: ClockMode,
    decisions: Decisions,
    idempotency: Idempotency,
    figures: WriterFigures,
  ) {
    this.#mode = mode;
    this.#decisions = decisions;
    this.#idempotency = idempotency;
    this.#figures = figures;
  }

  /** Commands whose turn has not come. */
  get waiting(): number {
    return this.#waiting.size;
  }

  push({ envelope, reply }: Submission): void {
    const { kind } = envelope.command;
    this.#waiting.push({
      envelope,
      reply: (result, timing) => {
        this.#figures.answered(kind, result);
        reply(result, timing);
      },
    });
  }

  /** How many were taken: up to `limit`, fewer when they have much to tell. */
  take(limit: number, batch: Batch, nowMs: number): number {
    const fullAt = batch.events.length + FULL;
    let taken = 0;
    while (taken < limit && batch.events.length < fullAt) {
      const submission = this.#waiting.shift();
      if (!submission) break;
      this.#takeOne(submission, batch, nowMs);
      taken++;
    }
    return taken;
  }

  /** Up to where a manual clock may go now; null when it stands. */
  clockTargetMs(nowMs: number): number | null {
    return this.#advances.targetMs(nowMs);
  }

  /** The clock stands at the target: that is a fact, and an answer. */
  endAdvance(batch: Batch, nowMs: number): void {
    const advance = this.#advances.finish();
    if (!advance) return;
    const { claim, actor, seconds } = advance;
    this.#decide({ kind: "ADVANCE_CLOCK", seconds }, actor, claim, batch, nowMs);
  }

  /** The clock stops where it is. */
  breakOffAdvance(refusal: CommandResult): void {
    this.#advances.abort()?.claim.reply(refusal);
  }

  refuseAll(why: string): void {
    const refusal = refused("INTERNAL", why);
    for (const { reply } of this.#waiting.drain()) reply(refusal);
    for (const { claim } of this.#advances.drain()) claim.reply(refusal);
  }

  #takeOne(submission: Submission, batch: Batch, nowMs: number): void {
    const { command, actor, refusal } = submission.envelope;
    const claim = this.#claim(submission);
    if (!claim) return;
    const refused = refusal ? ({ ok: false, rejection: refusal } as const) : claim.refusal;
    if (refused) {
      this.#refuse(command, actor, claim, refused, batch, nowMs);
      return;
    }
    if (command.kind !== "ADVANCE_CLOCK") {
      this.#decide(command, actor, claim, batch, nowMs);
      return;
    }
    const problem = advanceProblem(command.seconds, nowMs, this.#mode);
    if (problem) this.#refuse(command, actor, claim, problem, batch, nowMs);
    else this.#advances.push({ claim, actor, seconds: command.seconds });
  }

  #claim(submission: Submission): Claim | null {
    try {
      return this.#idempotency.claim(submission);
    } catch (error) {
      submission.reply(refused("INTERNAL", messageOf(error)));
      return null;
    }
  }

  #decide(command: Command, actor: Actor, claim: Claim, batch: Batch, nowMs: number): void {
    const startMs = preciseNowMs();
    const ruling = this.#decisions.run({ kind: "COMMAND", command, actor }, nowMs);
    batch.add(ruling);
    // Where it holds what was done: the audit comes after that.
    const result = this.#resultOf(ruling);
    batch.add(this.#decisions.audit(command, actor, result, nowMs));
    batch.answer(claim, result, nowMs, { startMs, endMs: preciseNowMs() });
  }

  /** What need not be decided about is audited all the same. */
  #refuse(
    command: Command,
    actor: Actor,
    claim: Claim,
    refusal: CommandResult,
    batch: Batch,
    nowMs: number,
  ): void {
    batch.add(this.#decisions.audit(command, actor, refusal, nowMs));
    batch.answer(claim, refusal, nowMs);
  }

  #resultOf({ outcome, rejection }: Ruling): CommandResult {
    if (rejection) return { ok: false, rejection };
    if (outcome) return { ok: true, outcome, seq: this.#decisions.seq };
    return refused("INTERNAL", "The engine had no answer to this command.");
  }
}
