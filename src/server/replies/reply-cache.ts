import type { OperationReport } from "../metrics/operation-report.ts";

/** A reply to a query, as it is sent: nothing of the connection that it was first sent by. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly operation: Pick<OperationReport, "name" | "outcome">;
}

export const DEFAULT_REPLY_CACHE_BYTES = 32 * 1024 * 1024;

/** What a reply takes beside its body and the request, in bytes, more or less. */
const ENTRY_BYTES = 512;

/**
 * Replies by what was asked, of the log's newest position alone: as soon as something happens, none of
 * them is good any more. Those that were not asked for lately go first when there are too many.
 */
export class ReplyCache {
  readonly #maxBytes: number;
  readonly #replies = new Map<string, Reply>();
  #position = "";
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(request: string, position: string): Reply | null {
    this.#moveTo(position);
    const reply = this.#replies.get(request);
    if (reply === undefined) return null;
    // To the end of the queue.
    this.#replies.delete(request);
    this.#replies.set(request, reply);
    return reply;
  }

  keep(request: string, position: string, reply: Reply): void {
    this.#moveTo(position);
    if (this.#replies.has(request)) return;
    this.#replies.set(request, reply);
    this.#bytes += bytesOf(request, reply);
    for (const [oldest, known] of this.#replies) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#replies.delete(oldest);
      this.#bytes -= bytesOf(oldest, known);
    }
  }

  #moveTo(position: string): void {
    if (position === this.#position) return;
    this.#position = position;
    this.#replies.clear();
    this.#bytes = 0;
  }
}

function bytesOf(request: string, { body }: Reply): number {
  return request.length + body.length + ENTRY_BYTES;
}
