import type { MessagePort } from "node:worker_threads";
import type { CommandEnvelope, CommandResult } from "../model/commands.ts";
import type { ClockAnchor } from "./clock.ts";
import { refused } from "./idempotency.ts";
import type { Outlet } from "./outlet.ts";
import type { Health } from "./ports.ts";
import type { FromWriter, ToWriter } from "./thread.ts";

/** The API's side in one more thread: what the trunk is told of the writer is told it too, in that order. */
export class Branch implements Outlet {
  readonly #port: MessagePort;

  constructor(port: MessagePort, submit: (envelope: CommandEnvelope) => Promise<CommandResult>) {
    this.#port = port;
    port.on("message", (message: ToWriter) => {
      if (message.kind !== "SUBMIT") return;
      const { id, envelope } = message;
      submit(envelope).then(
        (result) => this.#send({ kind: "ANSWER", id, result }),
        (error: unknown) =>
          this.#send({ kind: "ANSWER", id, result: refused("INTERNAL", String(error)) }),
      );
    });
  }

  committed(headSeq: number, nowMs: number): void {
    this.#send({ kind: "COMMITTED", headSeq, nowMs });
  }

  clock(anchor: ClockAnchor): void {
    this.#send({ kind: "CLOCK", anchor });
  }

  health(health: Health): void {
    this.#send({ kind: "HEALTH", health });
  }

  /** The trunk has written it already. */
  log(): void {}

  fatal(error: Error): void {
    this.#send({ kind: "FATAL", error });
  }

  close(): void {
    this.#port.close();
  }

  #send(message: FromWriter): void {
    this.#port.postMessage(message);
  }
}
