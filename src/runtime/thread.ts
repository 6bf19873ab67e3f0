import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { CommandEnvelope, CommandResult } from "../model/commands.ts";
import type { DriverName } from "../model/statuses.ts";
import type { ClockAnchor } from "./clock.ts";
import type { CommandTiming } from "./command-timing.ts";
import { refused } from "./idempotency.ts";
import { openWriter } from "./open-writer.ts";
import type { WriterOptions } from "./options.ts";
import type { Outlet } from "./outlet.ts";
import type { Health } from "./ports.ts";

/** All that crosses between the threads. */
export type ToWriter =
  | {
      readonly kind: "SUBMIT";
      readonly id: number;
      readonly envelope: CommandEnvelope;
      readonly isTimed: boolean;
    }
  | { readonly kind: "FIGURES" }
  | { readonly kind: "CLOSE" };

export type FromWriter =
  | { readonly kind: "READY"; readonly opened: Opened }
  | { readonly kind: "COMMITTED"; readonly headSeq: number; readonly nowMs: number }
  | { readonly kind: "ANSWER"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "CLOCK"; readonly anchor: ClockAnchor }
  | { readonly kind: "HEALTH"; readonly health: Health }
  | { readonly kind: "FIGURES"; readonly figures: string }
  | { readonly kind: "LOG"; readonly text: string }
  | { readonly kind: "FATAL"; readonly error: Error };

export interface Answer {
  readonly result: CommandResult;
  /** Only for whoever wants to know. */
  readonly timing?: CommandTiming | undefined;
}

/** What the writer found when it woke. */
export interface Opened {
  readonly epoch: string;
  readonly dataDir: string;
  readonly anchor: ClockAnchor;
  readonly drivers: readonly DriverName[];
}

/** The writer, wherever it runs. */
export interface WriterHandle {
  readonly opened: Opened;
  submit(envelope: CommandEnvelope, isTimed: boolean): Promise<Answer>;
  figures(): Promise<string>;
  close(): Promise<void>;
}

/** In the caller's own thread. */
export function startInline(options: WriterOptions, outlet: Outlet): WriterHandle {
  const { writer, epoch, dataDir } = openWriter(options, outlet);
  writer.start();
  return {
    opened: { epoch, dataDir, anchor: writer.anchor, drivers: writer.driverNames },
    submit: (envelope) =>
      new Promise((answer) =>
        writer.submit({ envelope, reply: (result, timing) => answer({ result, timing }) }),
      ),
    figures: () => writer.figures(),
    close: async () => writer.close(),
  };
}

/** In a thread of its own. Rejects with the store's error when the data directory can't be used. */
export async function startWorker(options: WriterOptions, outlet: Outlet): Promise<WriterHandle> {
  const worker = new Worker(new URL("./writer-thread.ts", import.meta.url), {
    workerData: options,
  });
  const link = new WorkerLink(worker, outlet);
  return { ...link.handle, opened: await link.opened };
}

class WorkerLink {
  readonly opened: Promise<Opened>;
  readonly handle: Omit<WriterHandle, "opened">;
  readonly #worker: Worker;
  readonly #outlet: Outlet;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #opening = Promise.withResolvers<Opened>();
  /** Asked for once, however many want them meanwhile. */
  #figures: PromiseWithResolvers<string> | null = null;
  #nextId = 1;
  #isOpen = false;
  #isClosing = false;
  #end: Error | null = null;

  constructor(worker: Worker, outlet: Outlet) {
    this.#worker = worker;
    this.#outlet = outlet;
    this.opened = this.#opening.promise;
    this.handle = {
      submit: (envelope, isTimed) => this.#submit(envelope, isTimed),
      figures: () => this.#askFigures(),
      close: () => this.#close(),
    };
    worker.on("message", (message: FromWriter) => this.#receive(message));
    worker.on("error", (error) => this.#ended(error));
    worker.on("exit", (code) => this.#ended(new Error(`The writer ended with code ${code}.`)));
  }

  #submit(envelope: CommandEnvelope, isTimed: boolean): Promise<Answer> {
    return new Promise((answer) => {
      if (this.#end) {
        answer({ result: refused("INTERNAL", this.#end.message) });
        return;
      }
      const id = this.#nextId++;
      this.#waiting.set(id, answer);
      this.#send({ kind: "SUBMIT", id, envelope, isTimed });
    });
  }

  #askFigures(): Promise<string> {
    if (this.#end) return Promise.reject(this.#end);
    if (!this.#figures) {
      this.#figures = Promise.withResolvers();
      this.#send({ kind: "FIGURES" });
    }
    return this.#figures.promise;
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    if (this.#end) return;
    this.#send({ kind: "CLOSE" });
    await once(this.#worker, "exit");
  }

  #send(message: ToWriter): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWriter): void {
    switch (message.kind) {
      case "READY":
        this.#isOpen = true;
        this.#opening.resolve(message.opened);
        return;
      case "COMMITTED":
        this.#outlet.committed(message.headSeq, message.nowMs);
        return;
      case "ANSWER":
        this.#waiting.get(message.id)?.(message.answer);
        this.#waiting.delete(message.id);
        return;
      case "CLOCK":
        this.#outlet.clock(message.anchor);
        return;
      case "HEALTH":
        this.#outlet.health(message.health);
        return;
      case "FIGURES":
        this.#figures?.resolve(message.figures);
        this.#figures = null;
        return;
      case "LOG":
        this.#outlet.log(message.text);
        return;
      case "FATAL":
        this.#ended(message.error);
    }
  }

  /** Whether asked to or not, it answers nothing any more. */
  #ended(error: Error): void {
    if (this.#end) return;
    this.#end = error;
    this.#opening.reject(error);
    const result = refused("INTERNAL", error.message);
    for (const answer of this.#waiting.values()) answer({ result });
    this.#waiting.clear();
    this.#figures?.reject(error);
    this.#figures = null;
    // What never began is told by `opened` alone.
    if (this.#isOpen && !this.#isClosing) this.#outlet.fatal(error);
  }
}
