import { setTimeout as delay } from "node:timers/promises";
import { CliError } from "./command.ts";
import { durationText } from "./durations.ts";
import { ask, UnreachableError } from "./request.ts";

/** Waiting for what goes on after a mutation has answered. */

interface Progress {
  readonly fleet: { readonly at: string };
  readonly simulation: { readonly clock: string } | null;
  readonly operation: {
    readonly status: string;
    readonly error: string | null;
    readonly startedAt: string;
    readonly finishedAt: string | null;
    readonly host: {
      readonly status: string;
      readonly guests: { readonly totalCount: number };
      readonly reasons: readonly { readonly message: string; readonly advice: string }[];
    } | null;
  } | null;
}

const QUERY = `query Progress($id: ID!) {
  fleet { at }
  simulation { clock }
  operation: node(id: $id) {
    ... on Operation {
      status error startedAt finishedAt
      host { status guests(first: 1) { totalCount } reasons { message advice } }
    }
  }
}`;

const POLL_MS = 500;

/**
 * Tells of progress on standard error until the operation has ended, and how it ended on standard
 * output. Answers the exit code; an interrupt ends the waiting, not the operation.
 */
export async function waitFor(url: string, id: string, what: string): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  try {
    return await follow(url, id, what, stop.signal);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** What a shell expects of a program that was interrupted. */
const INTERRUPTED = 130;

async function follow(url: string, id: string, what: string, signal: AbortSignal): Promise<number> {
  let told = "";
  const tell = (lines: string) => {
    if (lines !== told && lines !== "") process.stderr.write(`${lines}\n`);
    told = lines;
  };
  while (!signal.aborted) {
    const progress = await progressOf(url, id, tell);
    const { operation } = progress ?? {};
    if (operation === null) throw new CliError("The operation is no longer known");
    if (operation && operation.status !== "RUNNING") return ended(operation, what);
    if (progress) tell(progressLines(progress));
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
  }
  process.stderr.write(
    `evenkeel: No longer waiting; ${what} goes on. Look at it with the query node(id: "${id}")\n`,
  );
  return INTERRUPTED;
}

/** Null while the server can't be reached: it may be back in a moment, and the operation goes on. */
async function progressOf(
  url: string,
  id: string,
  tell: (line: string) => void,
): Promise<Progress | null> {
  try {
    return await ask<Progress>(url, QUERY, { id });
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    tell(`evenkeel: ${error.fact}; waiting for it`);
    return null;
  }
}

function progressLines({ operation, simulation }: Progress): string {
  const { host } = operation ?? {};
  if (!host) return "";
  const { totalCount: guests } = host.guests;
  const clock =
    simulation?.clock === "MANUAL" ? ["  the clock stands still: evenkeel advance 30s"] : [];
  const reasons = host.reasons.map(({ message }) => `  ${message}`);
  return [
    `${host.status}, ${guests} guest${guests === 1 ? "" : "s"} there`,
    ...reasons,
    ...clock,
  ].join("\n");
}

function ended(operation: NonNullable<Progress["operation"]>, what: string): number {
  const { status, error, startedAt, finishedAt } = operation;
  const took = durationText(Date.parse(finishedAt ?? startedAt) - Date.parse(startedAt));
  if (status === "SUCCEEDED") {
    process.stdout.write(`${what}: done after ${took}\n`);
    return 0;
  }
  throw new CliError(`${what}: ${status} after ${took}${error ? `: ${error}` : ""}`);
}
