import { type ParseOptions, parseFleetDocument } from "../../src/fleet/parse.ts";
import type { FleetSpec } from "../../src/model/fleet.ts";
import type { Problem } from "../../src/model/rejections.ts";

export function problemsOf(text: string, options?: ParseOptions): readonly Problem[] {
  const result = parseFleetDocument(text, options);
  return result.ok ? [] : result.problems;
}

/** `line:column message`, or `? message` without a place. */
export function problemLines(text: string, options?: ParseOptions): string[] {
  return problemsOf(text, options).map(({ message, line, column }) =>
    line === undefined ? `? ${message}` : `${line}:${column} ${message}`,
  );
}

export function specOf(text: string, options?: ParseOptions): FleetSpec {
  const result = parseFleetDocument(text, options);
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join("\n"));
  return result.spec;
}
