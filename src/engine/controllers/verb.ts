import type { Command, Outcome } from "../../model/commands.ts";
import type { Context } from "../context.ts";

export type Of<K extends Command["kind"]> = Extract<Command, { kind: K }>;

/** Carries out one kind of command. Throws a Refusal for one that can't be, before it has told anything. */
export type Verb<K extends Command["kind"]> = (ctx: Context, command: Of<K>) => Outcome;
