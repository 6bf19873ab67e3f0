import { isCorruption, messageOf } from "../store/errors.ts";

/** The database does not hold what was written to it. */
export function isDamage(error: unknown): boolean {
  return isCorruption(error);
}

/**
 * Damage in the database that was met while serving. A start looks at the tables, not at every page
 * of a long log, so what is damaged there shows when somebody reads it. It does not heal: whoever
 * watches readiness is told until the server is started again on a sound file.
 */
export class Damage {
  readonly #path: string;
  #problem: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** What an operator is told; null as long as nothing was met. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Shown every error that is no client's fault. */
  notice(error: unknown): void {
    if (!isDamage(error)) return;
    this.#problem ??=
      `The database ${this.#path} is damaged, and part of it cannot be read (${messageOf(error)}). ` +
      "Stop the server and restore the data directory from a backup.";
  }
}
