import { once } from "node:events";
import { type MessagePort, Worker } from "node:worker_threads";
import type { Passage } from "../drivers/driver.ts";
import type { CommandEnvelope, CommandResult } from "../model/commands.ts";
import type { GuestId } from "../model/ids.ts";
import type { Flow } from "../model/security.ts";
import type { AnyDriverName } from "../model/statuses.ts";
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
  /** What would become of a flow now: nobody but the drivers knows. */
  | { readonly kind: "TRY_FLOW"; readonly id: number; readonly question: Parameters<TryFlow> }
  | { readonly kind: "FIGURES" }
  | { readonly kind: "CLOSE" };

export type FromWriter =
  | { readonly kind: "READY"; readonly opened: Opened }
  | { readonly kind: "COMMITTED"; readonly headSeq: number; readonly nowMs: number }
  | { readonly kind: "ANSWER"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "TRIED"; readonly id: number; readonly passage: Passage | null }
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
/** Null where no driver can say, or nobody is there to ask. */
export type TryFlow = (from: GuestId, to: GuestId, flow: Flow) => Promise<Passage | null>;

/** What the writer found when it woke. */
export interface Opened {
  readonly epoch: string;
  readonly dataDir: string;
  readonly anchor: ClockAnchor;
  readonly drivers: readonly AnyDriverName[];
}

/** The writer, wherever it runs. */
export interface WriterHandle {
  readonly opened: Opened;
  submit(envelope: CommandEnvelope, isTimed: boolean): Promise<Answer>;
  readonly tryFlow: TryFlow;
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
    tryFlow: async (...question) => writer.tryFlow(...question),
    figures: () => writer.figures(),
    close: async () => writer.close(),
  };
}

/** In a thread of its own. Rejects with the store's error when the data directory can't be used. */
export async function startWorker(options: WriterOptions, outlet: Outlet): Promise<WriterHandle> {
  const worker = new Worker(new URL("./writer-thread.ts", import.meta.url), {
    workerData: options,
  });
  const link = new Link(worker, outlet);
  worker.on("message", (message: FromWriter) => link.receive(message));
  worker.on("error", (error) => link.ended(error));
  worker.on("exit", (code) => link.ended(new Error(`The writer ended with code ${code}.`)));
  return {
    opened: await link.opened,
    submit: (envelope, isTimed) => link.submit(envelope, isTimed),
    tryFlow: link.tryFlow,
    figures: link.figures,
    close: async () => {
      if (link.close()) await once(worker, "exit");
    },
  };
}

/** From a branch: the writer that the trunk has opened. Closing it closes the branch alone. */
export function startBranch(port: MessagePort, opened: Opened, outlet: Outlet): WriterHandle {
  const link = new Link(port, outlet);
  port.on("message", (message: FromWriter) => link.receive(message));
  port.on("close", () => link.ended(new Error("The server's main thread is gone.")));
  link.receive({ kind: "READY", opened });
  return {
    opened,
    submit: (envelope, isTimed) => link.submit(envelope, isTimed),
    tryFlow: link.tryFlow,
    figures: link.figures,
    close: async () => {
      link.close();
      port.close();
    },
  };
}

/** The near end of what leads to the writer. */
class Link {
  readonly opened: Promise<Opened>;
  readonly #far: { postMessage(message: ToWriter): void };
  readonly #outlet: Outlet;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #trying = new Map<number, (passage: Passage | null) => void>();
  readonly #opening = Promise.withResolvers<Opened>();
  /** Asked for once, however many want them meanwhile. */
  #figures: PromiseWithResolvers<string> | null = null;
  #nextId = 1;
  #isOpen = false;
  #isClosing = false;
  #end: Error | null = null;

  constructor(far: { postMessage(message: ToWriter): void }, outlet: Outlet) {
    this.#far = far;
    this.#outlet = outlet;
    this.opened = this.#opening.promise;
  }

  submit(envelope: CommandEnvelope, isTimed: boolean): Promise<Answer> {
    return new Promise((answer) => {
      if (this.#end) {
        answer({ result: refused("INTERNAL", this.#end.message) });
        return;
      }
      const id = this.#nextId++;
      this.#waiting.set(id, answer);
      this.#far.postMessage({ kind: "SUBMIT", id, envelope, isTimed });
    });
  }

  readonly tryFlow: TryFlow = (...question) =>
    new Promise((reply) => {
      if (this.#end) {
        reply(null);
        return;
      }
      const id = this.#nextId++;
      this.#trying.set(id, reply);
      this.#far.postMessage({ kind: "TRY_FLOW", id, question });
    });

  readonly figures = (): Promise<string> => {
    if (this.#end) return Promise.reject(this.#end);
    if (!this.#figures) {
      this.#figures = Promise.withResolvers();
      this.#far.postMessage({ kind: "FIGURES" });
    }
    return this.#figures.promise;
  };

  /** False when there is nobody any more who could hear it. */
  close(): boolean {
    this.#isClosing = true;
    if (this.#end) return false;
    this.#far.postMessage({ kind: "CLOSE" });
    return true;
  }

  receive(message: FromWriter): void {
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
      case "TRIED":
        this.#trying.get(message.id)?.(message.passage);
        this.#trying.delete(message.id);
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
        this.ended(message.error);
    }
  }

  /** Whether asked to or not, it answers nothing any more. */
  ended(error: Error): void {
    if (this.#end) return;
    this.#end = error;
    this.#opening.reject(error);
    const result = refused("INTERNAL", error.message);
    for (const answer of this.#waiting.values()) answer({ result });
    this.#waiting.clear();
    for (const reply of this.#trying.values()) reply(null);
    this.#trying.clear();
    this.#figures?.reject(error);
    this.#figures = null;
    // What never began is told by `opened` alone.
    if (this.#isOpen && !this.#isClosing) this.#outlet.fatal(error);
  }
}
