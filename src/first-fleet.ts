/** The fleet that a new data directory begins with. */

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseFleetDocument } from "./fleet/parse.ts";
import { readTraceWithin } from "./fleet/traces.ts";
import type { Problem } from "./model/rejections.ts";
import type { Runtime } from "./runtime/ports.ts";
import { BadConfiguration } from "./server/bad-configuration.ts";

const DEMO_FLEET = fileURLToPath(new URL("../fleets/demo.yaml", import.meta.url));

/** `fleet` is `demo` or a file; traces that it names are read below its own folder. */
export async function applyFirstFleet(
  runtime: Runtime,
  fleet: string,
  log: (line: string) => void,
): Promise<void> {
  const file = fleet === "demo" ? DEMO_FLEET : fleet;
  const parsed = parseFleetDocument(readDocument(file), {
    readTrace: readTraceWithin(dirname(file)),
  });
  if (!parsed.ok) throw new BadConfiguration(describe(file, parsed.problems));
  const result = await runtime.commands.submit({
    command: { kind: "APPLY_FLEET", spec: parsed.spec, dryRun: false, prune: false },
    actor: { kind: "PRINCIPAL", name: "local" },
    idempotencyKey: null,
  });
  if (!result.ok) {
    const { message, problems } = result.rejection;
    const located = problems?.map((one) => ({ ...one, ...parsed.locate(one.path) }));
    throw new BadConfiguration(describe(file, located ?? [{ message, path: [] }]));
  }
  const changes = result.outcome.kind === "FLEET" ? result.outcome.changes.length : 0;
  log(`fleet applied file=${file} changes=${changes}`);
}

function readDocument(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new BadConfiguration(
      `FLEET=${file} cannot be read: ${(error as Error).message}. Use demo, none or a file.`,
    );
  }
}

function describe(file: string, problems: readonly Problem[]): string {
  return problems
    .map(({ line, column, message }) => {
      const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
      return `${place} ${message}`;
    })
    .join("\n");
}
