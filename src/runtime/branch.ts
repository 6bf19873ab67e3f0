import type { MessagePort } from "node:worker_threads";
import type { Passage } from "../drivers/driver.ts";
import type { ClockAnchor } from "./clock.ts";
import { refused } from "./idempotency.ts";
import type { Outlet } from "./outlet.ts";
import type { Health } from "./ports.ts";
import type { FromWriter, ToWriter, WriterHandle } from "./thread.ts";

/** The API's side in one more thread: what the trunk is told of the writer is told it too, in that order. */
export class Branch implements Outlet {
  readonly #port: MessagePort;

  constructor(port: MessagePort, writer: Pick<WriterHandle, "submit" | "tryFlow" | "figures">) {
    this.#port = port;
    port.on("message", (message: ToWriter) => {
      if (message.kind === "SUBMIT") this.#submit(writer, message);
      // That it has died is told anyhow.
      else if (message.kind === "FIGURES")
        writer.figures().then(
          (figures) => this.#send({ kind: "FIGURES", figures }),
          () => undefined,
        );
      else if (message.kind === "TRY_FLOW") {
        const { id, question } = message;
        const tell = (passage: Passage | null) => this.#send({ kind: "TRIED", id, passage });
        writer.tryFlow(...question).then(tell, () => tell(null));
      }
    });
  }

  #submit(
    writer: Pick<WriterHandle, "submit">,
    { id, envelope, isTimed }: Extract<ToWriter, { kind: "SUBMIT" }>,
  ): void {
    writer.submit(envelope, isTimed).then(
      (answer) => this.#send({ kind: "ANSWER", id, answer }),
      (error: unknown) =>
        this.#send({ kind: "ANSWER", id, answer: { result: refused("INTERNAL", String(error)) } }),
    );
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
