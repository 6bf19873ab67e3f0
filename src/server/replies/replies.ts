import type { IncomingMessage } from "node:http";
import { audienceOf } from "../../../schema/context.ts";
import type { Principal } from "../../model/principals.ts";
import type { Runtime } from "../../runtime/ports.ts";
import { LogPosition } from "./log-position.ts";
import { type Reply, ReplyCache } from "./reply-cache.ts";
import { peekBody } from "./request-body.ts";

/** Queries are shorter, and what is longer is a fleet's document. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** A request whose reply may be known, or kept. */
export interface Question {
  /** Who asks, and all of the request that its reply depends on. */
  readonly request: string;
  /** Where the log was before anything was read for it. */
  readonly position: string;
  readonly known: Reply | null;
  /** Set when its reply may be given again, as long as the log stands there. */
  operation: Reply["operation"] | null;
}

/**
 * Replies that are given again, byte by byte, to whoever may see the same and asks the same, as long as
 * nothing happens. Each thread that serves the API has its own.
 */
export class Replies {
  readonly #cache: ReplyCache;
  readonly #position: LogPosition;
  readonly #isOn: boolean;

  /** With 0 bytes, none are kept. */
  constructor(runtime: Runtime, maxBytes: number) {
    this.#cache = new ReplyCache(maxBytes);
    this.#position = new LogPosition(runtime);
    this.#isOn = maxBytes > 0;
  }

  get bytes(): number {
    return this.#cache.bytes;
  }

  /** Null for a request whose reply is never kept. */
  async ask(request: IncomingMessage, principal: Principal): Promise<Question | null> {
    const bytes = lengthOf(request);
    if (!this.#isOn || bytes === null) return null;
    const body = await peekBody(request, bytes);
    const position = this.#position.now();
    if (body === null || position === null) return null;
    const { method = "", url = "", headers } = request;
    const { accept = "", "content-type": type = "" } = headers;
    const text = body.toString("latin1");
    const all = [audienceOf(principal), method, url, accept, type, text].join("\n");
    return {
      request: all,
      position,
      known: this.#cache.find(all, position),
      operation: null,
    };
  }

  keep({ request, position }: Question, reply: Reply): void {
    // At another position nobody would ever be given it.
    if (this.#position.now() === position) this.#cache.keep(request, position, reply);
  }
}

/** In bytes; null for a request that is not looked at any further. */
function lengthOf({ method, headers }: IncomingMessage): number | null {
  if (method === "GET") return 0;
  if (method !== "POST" || headers["content-encoding"] !== undefined) return null;
  const bytes = Number(headers["content-length"] ?? Number.NaN);
  return bytes <= MAX_REQUEST_BYTES ? bytes : null;
}
