import type { IncomingMessage } from "node:http";

/**
 * The body of a request that says how many bytes it has, put back so that whoever reads the request next
 * finds it there. Null when its sender has gone before all of it came.
 */
export async function peekBody(request: IncomingMessage, bytes: number): Promise<Buffer | null> {
  const body =
    bytes === 0 ? Buffer.alloc(0) : (request.read(bytes) ?? (await rest(request, bytes)));
  if (body && bytes > 0) request.unshift(body);
  return body;
}

function rest(request: IncomingMessage, bytes: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const onReadable = () => {
      const body: Buffer | null = request.read(bytes);
      if (body) over(body);
    };
    const onClose = () => over(null);
    const over = (body: Buffer | null) => {
      request.off("readable", onReadable).off("close", onClose);
      resolve(body);
    };
    request.on("readable", onReadable).on("close", onClose);
    if (request.destroyed) onClose();
  });
}
