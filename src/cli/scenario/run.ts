/** One scenario from its beginning to its end, on a server of its own, through the public API alone. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve, sep } from "node:path";
import { applyFile } from "../apply-file.ts";
import { CliError } from "../command.ts";
import { ask, mutate, RefusedError } from "../request.ts";
import { diffLines } from "./diff.ts";
import { unmet } from "./expectations.ts";
import { type Deed, readScenario, type Scenario } from "./folder.ts";
import { type Heading, transcribe } from "./transcript.ts";

export interface Result {
  readonly folder: string;
  readonly title: string;
  /** What was not as the scenario says; empty when all was. */
  readonly problems: readonly string[];
  /** How the log differs from the expected one. */
  readonly diff: readonly string[];
  /** The log as it is, in the form of the expected one. */
  readonly transcript: string;
  /** Whether `expected.log` was written. */
  readonly updated: boolean;
  readonly tookMs: number;
}

/** Never throws what is the scenario's own fault: a folder that can't be read is a problem of it. */
export async function runScenario(folder: string, update: boolean): Promise<Result> {
  const begun = performance.now();
  const result = { folder, title: "", problems: [], diff: [], transcript: "", updated: false };
  try {
    const scenario = readScenario(folder);
    const played = await play(scenario);
    const compared = compareLog(scenario, played.transcript, update);
    return { ...result, ...played, ...compared, tookMs: performance.now() - begun };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { ...result, problems: [error.message], tookMs: performance.now() - begun };
  }
}

async function play(
  scenario: Scenario,
): Promise<Pick<Result, "title" | "problems" | "transcript">> {
  const { server, close } = await startServer(scenario.seed);
  try {
    const player = new Player(server.url, scenario.folder);
    await player.begin(scenario.fleetFile);
    for (const step of scenario.steps) {
      await player.advanceTo(step.atSeconds);
      await player.expect(step.expect);
      for (const deed of step.deeds) await player.perform(deed);
    }
    await player.advanceTo(scenario.endSeconds);
    await player.expect(scenario.expect);
    const transcript = await transcribe(server.url, player.startMs, scenario, player.headings);
    return { title: scenario.title, problems: player.problems, transcript };
  } finally {
    await close();
  }
}

async function startServer(seed: number) {
  // The server's packages are loaded by nobody who only wants to talk to one.
  const { startEvenkeel } = await import("../../main.ts");
  const { server, close } = await startEvenkeel(
    {
      host: "127.0.0.1",
      port: 0,
      dataDir: ":memory:",
      fleet: "none",
      clock: { kind: "MANUAL" },
      seed,
      tracesDir: null,
      retention: {},
      authentication: null,
      limits: {},
      trustedDocuments: null,
      replyCacheBytes: 0,
      apiThreads: 0,
    },
    // Nobody else uses this process meanwhile, and a thread would take longer to start than most
    // scenarios take to run.
    { thread: "inline", onLog: () => {} },
  );
  return { server, close };
}

class Player {
  readonly headings: Heading[] = [];
  readonly problems: string[] = [];
  startMs = 0;
  readonly #url: string;
  readonly #folder: string;
  #nowSeconds = 0;

  constructor(url: string, folder: string) {
    this.#url = url;
    this.#folder = resolve(folder);
  }

  async begin(fleetFile: string): Promise<void> {
    await applyFile(this.#url, fleetFile);
    const { events } = await ask<{ events: { nodes: readonly { occurredAt: string }[] } }>(
      this.#url,
      "{ events(first: 1) { nodes { occurredAt } } }",
    );
    this.startMs = Date.parse(events.nodes[0]?.occurredAt ?? "");
  }

  async advanceTo(seconds: number): Promise<void> {
    const passed = seconds - this.#nowSeconds;
    if (passed > 0) await mutate(this.#url, "advanceClock", "now", { seconds: passed });
    this.#nowSeconds = seconds;
  }

  async expect(expected: Scenario["expect"]): Promise<void> {
    const wrong = await unmet(this.#url, expected);
    this.problems.push(...wrong.map((problem) => `at ${this.#nowSeconds}s ${problem}`));
  }

  async perform({ text, refused, act }: Deed): Promise<void> {
    const { head } = await ask<{ head: string }>(this.#url, "{ head }");
    const refusal = await refusalOf(() => act(this.#url), `at ${this.#nowSeconds}s "${text}"`);
    // The expected log knows neither where its folder is nor more than one line for a step.
    const told = refusal?.replaceAll(`${this.#folder}${sep}`, "").replaceAll("\n", " ");
    const heading = `${this.#nowSeconds}s ${text}${told === undefined ? "" : `: refused, ${told}`}`;
    this.headings.push({ after: head, atSeconds: this.#nowSeconds, text: heading });
    if (refused === null && refusal !== null) {
      this.problems.push(`at ${this.#nowSeconds}s "${text}" was refused: ${refusal}`);
    } else if (refused !== null && !refusal?.includes(refused)) {
      const instead = refusal === null ? "was not" : `was: ${refusal}`;
      this.problems.push(
        `at ${this.#nowSeconds}s "${text}" should be refused with "${refused}" and ${instead}`,
      );
    }
  }
}

/** The code and the words of a refusal, null when there was none. Throws CliError for all else. */
async function refusalOf(act: () => Promise<unknown>, what: string): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (error) {
    if (error instanceof RefusedError) return `${error.code}: ${error.message}`;
    throw error instanceof CliError
      ? new CliError(`${what} can't be done: ${error.message}`)
      : error;
  }
}

function compareLog(
  { goldenFile, folder }: Scenario,
  transcript: string,
  update: boolean,
): Pick<Result, "diff" | "updated"> & { problems?: string[] } {
  if (goldenFile === null) return { diff: [], updated: false };
  const there = existsSync(goldenFile);
  const expected = there ? readFileSync(goldenFile, "utf8") : "";
  if (expected === transcript) return { diff: [], updated: false };
  if (update) {
    writeFileSync(goldenFile, transcript);
    return { diff: [], updated: true };
  }
  if (there) return { diff: diffLines(expected, transcript), updated: false };
  return {
    diff: [`There is no expected.log in ${folder} yet; --update writes it`],
    updated: false,
  };
}
