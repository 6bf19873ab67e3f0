import { Frames } from "./frames.ts";

/** Of results, as many as are sent at once to one that may not keep up: about what a socket takes. */
export const PIECE_BYTES = 64 * 1024;

const BEFORE_BODY = Buffer.from("event: next\ndata: ");
const AFTER_BODY = Buffer.from("\n\n");

/** Some results, which are bytes once for all whom they are sent to. */
export class Batch {
  readonly #bodies: readonly Buffer[];
  #frames: Frames | null = null;
  #streamed: Buffer | null = null;

  constructor(bodies: readonly Buffer[]) {
    this.#bodies = bodies;
  }

  /** As graphql-transport-ws has them; `id` is the operation's id as JSON. */
  framedFor(id: string): Buffer {
    this.#frames ??= new Frames(this.#bodies);
    return this.#frames.of(id);
  }

  /** As a stream of events has them, in the mode of a connection for each operation: the same for all. */
  streamed(): Buffer {
    this.#streamed ??= Buffer.concat(
      this.#bodies.flatMap((body) => [BEFORE_BODY, body, AFTER_BODY]),
    );
    return this.#streamed;
  }
}

/** A result as JSON, as it stands in what is sent. */
export function bodyOf(result: string): Buffer {
  return Buffer.from(result);
}
