/** The real server, in a process of its own. */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Lab } from "./lab.ts";

const START_MS = 60_000;

/** On a free port, with no fleet but the one that its data directory holds, and a clock that stands. */
export function serve(
  lab: Lab,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return lab.node(["src/main.ts"], {
    ...env,
    HOST: "127.0.0.1",
    PORT: "0",
    DATA_DIR: dataDir,
    FLEET: "none",
    CLOCK: "manual",
    SEED: "1",
  });
}

/** Where it is, as `http://127.0.0.1:4000`, as soon as it says so. */
export async function listening(server: ChildProcess): Promise<{ readonly origin: string }> {
  const { stdout } = server;
  if (!stdout) throw new Error("The server's output is not to be read");
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(START_MS)]);
  const lines = createInterface({ input: stdout });
  const gone = once(server, "exit", { signal }).then(([code]) => {
    throw new Error(`The server ended with ${code} before it listened`);
  });
  try {
    return { origin: await Promise.race([originIn(lines), gone]) };
  } finally {
    over.abort();
  }
}

function originIn(lines: NodeJS.EventEmitter): Promise<string> {
  return new Promise((resolve) => {
    // Goes on reading after that, so that the server's output never fills its pipe.
    lines.on("line", (line: string) => {
      const found = /listens on (http:\/\/[^/\s]+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
  });
}
