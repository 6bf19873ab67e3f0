import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { ApiContext } from "../../schema/context.ts";
import { Batch, bodyOf } from "./fan-out/batch.ts";
import type { FanOut } from "./fan-out/fan-out.ts";
import type { Line } from "./fan-out/line.ts";
import { Outbox } from "./outbox.ts";
import type { Streams } from "./streams.ts";

/** What stands between may close a connection that nothing comes by for longer. */
const KEEP_ALIVE_MS = 12_000;
const COMMENT = ":\n\n";
const COMPLETE = "event: complete\ndata:\n\n";

const HEADERS = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-cache",
  "Content-Encoding": "none",
  Connection: "keep-alive",
};

/** The results of one subscription, as a stream of events (graphql-sse, a connection for each operation). */
class EventStream extends Outbox implements Line {
  readonly transport = "sse";
  readonly #response: ServerResponse;

  constructor(response: ServerResponse, stalledMs: number) {
    super(response, stalledMs);
    this.#response = response;
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  protected get socket(): Socket | null {
    return this.#response.socket;
  }

  protected giveUp(): void {
    this.#response.destroy();
  }

  send(batch: Batch): void {
    this.write(batch.streamed());
  }

  /** To the end of the subscription, of which `results` has only what the fan-out did not send itself. */
  async carry(results: AsyncIterable<ExecutionResult>): Promise<void> {
    const response = this.#response;
    response.writeHead(200, HEADERS);
    // Some browsers wait for more than the head.
    response.write(COMMENT);
    const keepAlive = setInterval(() => {
      if (this.isOpen && response.writableLength === 0) response.write(COMMENT);
    }, KEEP_ALIVE_MS);
    response.once("close", () => clearInterval(keepAlive));
    for await (const result of results) this.send(new Batch([bodyOf(JSON.stringify(result))]));
    this.flush();
    if (this.isOpen) response.end(COMPLETE);
  }
}

/** Subscriptions over HTTP, which yoga lets in, and would execute one by one. `open` has those that have begun. */
export function useEventStreams(
  fanOut: FanOut,
  open: Streams,
  stalledMs: number,
): Plugin<ApiContext> {
  const streams = new WeakMap<ServerResponse, EventStream>();
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args) => {
        const { principal, res } = args.contextValue as ApiContext & ByHttp;
        const stream = new EventStream(res, stalledMs);
        const member = await fanOut.subscribe(args, principal, stream);
        if ("errors" in member) return member;
        streams.set(res, stream);
        res.once("close", () => {
          stream.closed();
          member.end(null);
        });
        if (res.closed) member.end(null);
        return member;
      });
    },
    onResultProcess({ result, resultProcessor, setResultProcessor, serverContext }) {
      const { res } = serverContext as unknown as ByHttp;
      const stream = streams.get(res);
      // Without a processor, streams are not accepted.
      if (!stream || !resultProcessor || !isIterable(result)) return;
      setResultProcessor(async (results, { Response }) => {
        if (open.add(res)) await stream.carry(results as AsyncIterable<ExecutionResult>);
        // Everything has been sent.
        return new Response(null);
      }, "text/event-stream");
    },
  };
}

/** What yoga is handed of a request. */
interface ByHttp {
  readonly res: ServerResponse;
}

function isIterable(result: unknown): boolean {
  return typeof result === "object" && result !== null && Symbol.asyncIterator in result;
}
