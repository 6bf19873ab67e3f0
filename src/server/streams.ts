import type { ServerResponse } from "node:http";
import { comeBackInMs } from "./going-away.ts";

/** Streams of events over HTTP. They end when their clients go, or when they are told to. */
export class Streams {
  readonly #open = new Set<ServerResponse>();
  #isOver = false;

  get size(): number {
    return this.#open.size;
  }

  /** One that is about to begin. False when no more are served, which has been answered. */
  add(response: ServerResponse): boolean {
    if (this.#isOver) {
      const seconds = Math.ceil(comeBackInMs(this.#open.size) / 1_000);
      response.writeHead(503, { "Retry-After": seconds, Connection: "close" }).end();
      return false;
    }
    this.#open.add(response);
    response.once("close", () => this.#open.delete(response));
    return true;
  }

  /** Ends them after what they have been sent, each with when its client should come back. */
  end(): void {
    this.#isOver = true;
    const clients = this.#open.size;
    for (const response of this.#open) {
      // What its operation still has for it comes too late.
      response.on("error", () => undefined);
      response.write(`retry: ${comeBackInMs(clients)}\n\n`);
      response.end();
    }
  }
}
