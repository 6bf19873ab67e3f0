/** Many listeners that cost next to nothing: a small program in C, compiled when it is wanted. */

import type { ChildProcess } from "node:child_process";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { ended, type Lab } from "./lab.ts";

/** Longer than all results, and shorter than any other message. */
const MIN_BYTES = 100;

/** The payload of graphql-transport-ws's `subscribe`. */
export interface Subscribe {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** The path of the program. Throws when it can't be compiled here. */
export function compileClient(lab: Lab): string {
  const program = join(lab.folder(), "counting-client");
  const source = join(import.meta.dirname, "counting-client.c");
  try {
    execFileSync("cc", ["-O2", "-o", program, source], { stdio: ["ignore", 2, 2] });
  } catch (error) {
    throw new Error("This benchmark's client has to be compiled, and there is no C compiler (cc)", {
      cause: error,
    });
  }
  return program;
}

/** As a file for the program, each with an id of its own as clients make them. */
export function writeSubscriptions(lab: Lab, payloads: readonly Subscribe[]): string {
  const file = join(lab.folder(), "subscriptions");
  const message = (payload: Subscribe) =>
    JSON.stringify({ id: crypto.randomUUID(), type: "subscribe", payload });
  writeFileSync(file, `${payloads.map(message).join("\n")}\n`);
  return file;
}

export interface Lateness {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

export class Listeners {
  readonly #process: ChildProcess;
  readonly #lines: Interface;

  private constructor(process: ChildProcess) {
    if (!process.stdout) throw new Error("The listeners can't be heard");
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout });
  }

  /** Resolves when all have subscribed. They wait for so many results; deaf ones read nothing. */
  static async connect(
    lab: Lab,
    program: string,
    { port, file, results }: { port: number; file: string; results: number | "deaf" },
  ): Promise<Listeners> {
    const args = [String(port), file, results === "deaf" ? "0" : String(results), `${MIN_BYTES}`];
    if (results === "deaf") args.push("deaf");
    const listeners = new Listeners(lab.program(program, args));
    await listeners.#line();
    return listeners;
  }

  /** When all results have come, in milliseconds since 1970. */
  async doneMs(): Promise<number> {
    return Number((await this.#line()).split(" ")[1]);
  }

  /**
   * How late all of it was, in milliseconds: `sentMs` is when each result was sent to everybody, in
   * milliseconds since 1970; 0 for one that does not count.
   */
  async lateness(sentMs: readonly number[]): Promise<Lateness> {
    this.#process.stdin?.write(`${sentMs.join("\n")}\n.\n`);
    const [, medianMs, p99Ms, mostMs] = (await this.#line()).split(" ").map(Number);
    return { medianMs: medianMs ?? 0, p99Ms: p99Ms ?? 0, mostMs: mostMs ?? 0 };
  }

  close(): Promise<void> {
    return ended(this.#process);
  }

  async #line(): Promise<string> {
    const over = new AbortController();
    const { signal } = over;
    const gone = once(this.#process, "exit", { signal }).then(([code]) => {
      throw new Error(`The listeners ended with ${code}`);
    });
    try {
      const [line] = (await Promise.race([once(this.#lines, "line", { signal }), gone])) as [
        string,
      ];
      return line;
    } finally {
      over.abort();
      gone.catch(() => undefined);
    }
  }
}
