import type { Health } from "./ports.ts";

/** What has gone wrong in the writer, as `/health` tells it and the operator's log has it. */
export class Troubles {
  readonly #changed: (health: Health) => void;
  readonly #log: (text: string) => void;
  #decisionFailures = 0;
  #lastDecision: string | null = null;
  #write: string | null = null;
  #driverFailures = 0;
  #lastDriver: string | null = null;

  constructor(changed: (health: Health) => void, log: (text: string) => void) {
    this.#changed = changed;
    this.#log = log;
  }

  decisionFailed(input: string, error: unknown): void {
    this.#decisionFailures++;
    this.#lastDecision = `${input}: ${messageOf(error)}`;
    this.#log(`The engine failed on ${input} and changed nothing: ${stackOf(error)}`);
    this.#changed(this.health());
  }

  driverFailed(what: string, error: unknown): void {
    this.#driverFailures++;
    this.#lastDriver = `${what}: ${messageOf(error)}`;
    this.#log(`A driver failed in ${what}: ${stackOf(error)}`);
    this.#changed(this.health());
  }

  /** Told once, however often it is tried in vain. */
  writeFailed(message: string): void {
    if (this.#write === message) return;
    this.#write = message;
    this.#log(message);
    this.#changed(this.health());
  }

  writeWorks(): void {
    if (this.#write === null) return;
    this.#write = null;
    this.#log("Writing works again.");
    this.#changed(this.health());
  }

  get isWriteFailing(): boolean {
    return this.#write !== null;
  }

  health(): Health {
    const problems: string[] = [];
    if (this.#write !== null) problems.push(this.#write);
    if (this.#lastDecision !== null)
      problems.push(
        `Decisions that failed and changed nothing: ${this.#decisionFailures}, last ${this.#lastDecision}`,
      );
    if (this.#lastDriver !== null)
      problems.push(`Driver failures: ${this.#driverFailures}, last in ${this.#lastDriver}`);
    return {
      ready: this.#write === null,
      problems,
      decisionFailures: this.#decisionFailures,
    };
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
