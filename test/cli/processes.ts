/** The command line as people use it: real processes, on a real server. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const MAIN = "src/cli/main.ts";

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What was written to standard output and standard error so far. */
  out(): string;
  err(): string;
  /** Resolves when the signal has had its effect. */
  kill(signal: NodeJS.Signals): Promise<Finished>;
}

/** Starts `evenkeel ARGS`; a test that ends does not leave it behind. */
export function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdin.end();
  const finished = new Promise<Finished>((resolve) => {
    child.on("close", (code) => resolve({ code, out, err }));
  });
  const kill = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return finished;
  };
  onTestFinished(() => void kill("SIGKILL"));
  return { process: child, finished, out: () => out, err: () => err, kill };
}

export function run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return start(args, env).finished;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One that nobody has now, for a server that is to come back at the same place. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export class ServedFleet {
  readonly url: string;
  readonly #args: readonly string[];
  #running: Running | null = null;

  constructor(port: number, options: { dataDir: string; clock: string; fleet?: string }) {
    this.url = `http://127.0.0.1:${port}/graphql`;
    const { dataDir, clock, fleet = "fleets/small.yaml" } = options;
    this.#args = ["serve", "--port", String(port), "--data-dir", dataDir];
    this.#args = [...this.#args, "--clock", clock, "--fleet", fleet, "--seed", "7"];
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const running = start(this.#args);
    this.#running = running;
    while (!running.out().includes("Evenkeel listens")) {
      const ended = await Promise.race([running.finished, moment()]);
      if (ended) throw new Error(`The server ended: ${ended.err}`);
    }
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.#running?.kill(signal);
    this.#running = null;
  }

  async ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  async head(): Promise<string> {
    return (await this.ask<{ head: string }>("{ head }")).head;
  }

  async advance(seconds: number): Promise<void> {
    await this.ask(
      "mutation ($seconds: Float!) { advanceClock(input: { seconds: $seconds }) { __typename } }",
      { seconds },
    );
  }

  async fault(
    verb: "inject" | "clear",
    kind: string,
    type: "zone" | "host",
    name: string,
    durationSeconds?: number,
  ): Promise<void> {
    const { target } = await this.ask<{ target: { id: string } }>(
      `query ($name: String!) { target: ${type}(name: $name) { id } }`,
      { name },
    );
    const input = { targetId: target.id, kind, ...(durationSeconds && { durationSeconds }) };
    const inputType = verb === "inject" ? "InjectFaultInput" : "ClearFaultInput";
    await this.ask(
      `mutation ($input: ${inputType}!) { ${verb}Fault(input: $input) { __typename } }`,
      { input },
    );
  }

  /** The cursors of the whole log, up to and including `head`. */
  async log(head: string): Promise<string[]> {
    const cursors: string[] = [];
    while (cursors.at(-1) !== head) {
      const { events } = await this.ask<{ events: { edges: { cursor: string }[] } }>(
        "query ($after: Cursor) { events(first: 100, after: $after) { edges { cursor } } }",
        { after: cursors.at(-1) ?? null },
      );
      for (const { cursor } of events.edges) {
        cursors.push(cursor);
        if (cursor === head) break;
      }
    }
    return cursors;
  }
}

/** Between two looks at something that gives no notice. */
export function moment(ms = 20): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}
