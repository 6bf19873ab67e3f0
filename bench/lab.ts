/** Where benchmarks work: folders and processes that are gone when they are done, whatever happens. */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** File system type of Linux's tmpfs, where syncing costs nothing. */
const TMPFS = 0x01021994;

/** A process that is asked for one thing answers within this. */
const ANSWER_MS = 60_000;

export class Lab implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), "evenkeel-bench-"));
  readonly #children = new Set<ChildProcess>();

  constructor() {
    if (statfsSync(this.#root).type === TMPFS)
      this.progress(`${tmpdir()} is in memory: set TMPDIR to a folder on a disk for true figures`);
  }

  /** A new, empty folder on disk. */
  folder(): string {
    return mkdtempSync(join(this.#root, "run-"));
  }

  /** One line for whoever waits, out of the way of the results. */
  progress(text: string): void {
    console.error(`  ${text}`);
  }

  /** A process of one of our files, to talk with by messages. */
  fork(file: string, args: readonly string[] = []): ChildProcess {
    const path = join(import.meta.dirname, file);
    // Standard output belongs to the results.
    return this.#own(fork(path, args, { stdio: ["ignore", 2, 2, "ipc"] }));
  }

  /** A process of this Node with its standard output to be read. */
  node(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const stdio = ["ignore", "pipe", "inherit"] as const;
    const cwd = join(import.meta.dirname, "..");
    const options = { stdio: [...stdio], cwd, env: { ...process.env, ...env } };
    return this.#own(spawn(process.execPath, args, options));
  }

  /** Another program, to talk with by its standard input and output. */
  program(path: string, args: readonly string[]): ChildProcess {
    return this.#own(spawn(path, args, { stdio: ["pipe", "pipe", "inherit"] }));
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  #own(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }
}

/** The next message of a child; rejects when it ends or takes too long. */
export async function answerOf<Answer>(
  child: ChildProcess,
  timeoutMs = ANSWER_MS,
): Promise<Answer> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const ended = once(child, "exit", { signal }).then(([code, by]) => {
      throw new Error(`${child.spawnargs.slice(1).join(" ")} ended with ${code ?? by}`);
    });
    const [answer] = await Promise.race([once(child, "message", { signal }), ended]);
    return answer as Answer;
  } finally {
    over.abort();
  }
}

/** Asks it to end and waits until it has; kills it when it takes too long. */
export async function ended(child: ChildProcess, timeoutMs = 10_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  await exit;
  clearTimeout(impatience);
}
