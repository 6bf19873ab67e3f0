/** Scenarios as folders: `fleet.yaml`, `steps.yaml` and `expected.log`. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ProblemList } from "../../fleet/problems.ts";
import { checkShape } from "../../fleet/shape.ts";
import type { Locate } from "../../fleet/source.ts";
import { readYaml } from "../../fleet/yaml-source.ts";
import { CliError } from "../command.ts";
import { parseSeconds } from "../durations.ts";
import { type Action, readSentence } from "./sentences.ts";
import {
  type Expectation,
  type LogDocument,
  SCENARIO_SCHEMA,
  type ScenarioDocument,
  type StepDocument,
} from "./shape.ts";

const STEPS = "steps.yaml";
const GOLDEN = "expected.log";
const SETTLE_SECONDS = 600;

export interface Deed {
  readonly text: string;
  /** What its refusal must say; null when it must succeed. */
  readonly refused: string | null;
  readonly act: Action;
}
export interface Step {
  /** Since the fleet was applied. */
  readonly atSeconds: number;
  /** Checked before anything is done. */
  readonly expect: readonly Expectation[];
  readonly deeds: readonly Deed[];
}
export interface Scenario {
  readonly folder: string;
  readonly title: string;
  readonly seed: number;
  readonly fleetFile: string;
  readonly steps: readonly Step[];
  readonly endSeconds: number;
  readonly expect: readonly Expectation[];
  readonly log: LogDocument & { readonly fromSeconds: number };
  /** Where the expected log is; null when the end state is enough. */
  readonly goldenFile: string | null;
}

/** All scenarios in these folders and below, by their names. Throws CliError. */
export function findScenarios(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new CliError(`${folder} is no folder`);
    }
    const found = scenariosBelow(folder);
    if (found.length > 0) return found;
    throw new CliError(`There is no ${STEPS} in ${folder}, nor in a folder below it`);
  });
}

function scenariosBelow(folder: string): string[] {
  if (existsSync(join(folder, STEPS))) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => scenariosBelow(join(folder, name)));
}

/** Throws CliError with all mistakes and their places. */
export function readScenario(folder: string): Scenario {
  const file = join(folder, STEPS);
  const read = readYaml(readFileSync(file, "utf8"));
  if (!read.ok) throw mistakes(file, read.problems);
  const { value, locate } = read.source;
  const problems = new ProblemList();
  checkShape(value, SCENARIO_SCHEMA, problems);
  if (!problems.empty) throw mistakes(file, problems.located(locate));
  const document = value as ScenarioDocument;
  const scenario = new ScenarioReader(folder, problems).read(document);
  checkFiles(scenario, file, locate);
  if (!problems.empty) throw mistakes(file, problems.located(locate));
  return scenario;
}

function checkFiles({ fleetFile }: Scenario, file: string, locate: Locate): void {
  if (existsSync(fleetFile)) return;
  throw mistakes(file, [
    { message: `there is no fleet document ${fleetFile}`, ...locate(["fleet"]) },
  ]);
}

function mistakes(
  file: string,
  problems: readonly { message: string; line?: number; column?: number }[],
): CliError {
  const lines = problems.map(({ line, column, message }) => {
    return line === undefined
      ? `${file}: ${message}`
      : `${file}:${line}:${column ?? 1}: ${message}`;
  });
  return new CliError(lines.join("\n"));
}

class ScenarioReader {
  readonly #folder: string;
  readonly #problems: ProblemList;

  constructor(folder: string, problems: ProblemList) {
    this.#folder = folder;
    this.#problems = problems;
  }

  read(document: ScenarioDocument): Scenario {
    const steps = this.#steps(document.steps);
    const settle = this.#seconds(["settle"], document.settle) ?? SETTLE_SECONDS;
    return {
      folder: this.#folder,
      title: document.title.trim(),
      seed: document.seed ?? 1,
      fleetFile: join(this.#folder, document.fleet ?? "fleet.yaml"),
      steps,
      endSeconds: (steps.at(-1)?.atSeconds ?? 0) + settle,
      expect: document.expect ?? [],
      log: {
        ...document.log,
        fromSeconds: this.#seconds(["log", "from"], document.log?.from) ?? 0,
      },
      goldenFile: document.golden === "NONE" ? null : join(this.#folder, GOLDEN),
    };
  }

  #steps(documents: readonly StepDocument[]): Step[] {
    const steps: Step[] = [];
    for (const [index, document] of documents.entries()) {
      const path = ["steps", String(index)];
      const before = steps.at(-1)?.atSeconds ?? 0;
      const after = this.#seconds([...path, "after"], document.after);
      const atSeconds = this.#seconds([...path, "at"], document.at) ?? before + (after ?? 0);
      if (atSeconds < before) {
        this.#problems.add([...path, "at"], `is before the step before it, at ${before}s`);
      }
      steps.push({
        atSeconds,
        expect: document.expect ?? [],
        deeds: (document.do ?? []).flatMap((deed, at) =>
          this.#deed([...path, "do", String(at)], deed),
        ),
      });
    }
    return steps;
  }

  #deed(path: string[], deed: NonNullable<StepDocument["do"]>[number]): Deed[] {
    const tried = typeof deed === "string" ? { try: deed, refused: null } : deed;
    try {
      const act = readSentence(tried.try, this.#folder);
      return [{ text: tried.try, refused: tried.refused, act }];
    } catch (error) {
      const at = typeof deed === "string" ? path : [...path, "try"];
      this.#problems.add(at, `${JSON.stringify(tried.try)} ${(error as Error).message}`);
      return [];
    }
  }

  /** Null when it is not given. */
  #seconds(path: readonly string[], text: string | undefined): number | null {
    if (text === undefined) return null;
    try {
      return parseSeconds(text);
    } catch (error) {
      this.#problems.add(path, (error as Error).message);
      return 0;
    }
  }
}
