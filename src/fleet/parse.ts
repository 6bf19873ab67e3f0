import type { FleetSpec } from "../model/fleet.ts";
import { LIMITS } from "../model/limits.ts";
import type { Problem } from "../model/rejections.ts";
import { buildSpec } from "./build.ts";
import type { FleetDocument } from "./document.ts";
import { readJson } from "./json-source.ts";
import { ProblemList } from "./problems.ts";
import { FLEET_SCHEMA } from "./schema.ts";
import { checkShape } from "./shape.ts";
import type { Locate, SourceResult } from "./source.ts";
import type { TraceFile } from "./trace-file.ts";
import { MAX_YAML_CHARACTERS, readYaml } from "./yaml-source.ts";

export interface ParseOptions {
  /** Opens a trace by the name that the document gives; throws TraceError. Without it no trace is opened. */
  readonly readTrace?: (file: string) => TraceFile;
}

export type ParseResult =
  | { readonly ok: true; readonly spec: FleetSpec; readonly locate: Locate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a fleet document, YAML or JSON. Its shape and all that it can be judged by alone is right
 * when `ok`; whether its names fit each other and the fleet, the engine says. `locate` finds lines
 * for paths that are found wrong later. Problems come in the order of the text, 100 at most.
 */
export function parseFleetDocument(text: string, options: ParseOptions = {}): ParseResult {
  const read = readSource(text);
  if (!read.ok) return read;
  const { value, locate } = read.source;
  const problems = new ProblemList();
  if (value === null) {
    return wrong("the document is empty; write `{}` for one that asks for nothing");
  }
  checkShape(value, FLEET_SCHEMA, problems);
  if (!problems.empty) return { ok: false, problems: problems.located(locate) };

  const spec = buildSpec(value as FleetDocument, options.readTrace, problems);
  return problems.empty
    ? { ok: true, spec, locate }
    : { ok: false, problems: problems.located(locate) };
}

function readSource(given: string): SourceResult {
  const bytes = Buffer.byteLength(given);
  if (bytes > LIMITS.documentBytes) {
    return wrong(`the document is too large: ${bytes} bytes, of ${LIMITS.documentBytes} at most`);
  }
  const text = given.startsWith("\uFEFF") ? given.slice(1) : given;
  const json = readJson(text);
  if (json) return json;
  if (text.length > MAX_YAML_CHARACTERS && /^\s*[[{]/.test(text)) return brokenJson(text);
  return readYaml(text);
}

/** A long text that begins like JSON is not tried as YAML: what is wrong with it as JSON says more. */
function brokenJson(text: string): SourceResult {
  try {
    JSON.parse(text);
  } catch (error) {
    return wrong(`not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return readYaml(text);
}

function wrong(message: string): { ok: false; problems: Problem[] } {
  return { ok: false, problems: [{ message, path: [] }] };
}
