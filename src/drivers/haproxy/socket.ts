import { createConnection } from "node:net";

/** HAProxy answers at once or not at all. */
const TIMEOUT_MS = 2_000;

/**
 * One command on HAProxy's runtime socket, and what it answers. A connection for each, as the socket is made
 * for, so that one that hangs, or a HAProxy that was reloaded, holds up nothing that comes after. Rejects
 * when there is no answer.
 */
export function ask(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path: socketPath });
    let answer = "";
    socket.setEncoding("utf8");
    socket.setTimeout(TIMEOUT_MS, () =>
      socket.destroy(new Error(`no answer on ${socketPath} within ${TIMEOUT_MS} ms`)),
    );
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer.trim()));
    socket.end(`${command}\n`);
  });
}
