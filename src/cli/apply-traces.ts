import { readJson } from "../fleet/json-source.ts";
import type { ReadTrace } from "../fleet/traces.ts";
import { readYaml } from "../fleet/yaml-source.ts";

interface TraceRow {
  readonly file: string;
  readonly row: number;
}
interface TracedDocument {
  readonly guests?: readonly { readonly workload?: unknown }[];
  readonly traces?: readonly TraceRow[];
}

/**
 * The document with the rows of its traces in it, because the server does not see this machine's
 * files. Each row stands there once, however many guests share it. A document that names no file
 * stays as it is, byte for byte. The document is known to be right.
 */
export function withTraces(text: string, readTrace: ReadTrace): string {
  const read = readJson(text) ?? readYaml(text);
  if (!read.ok) return text;
  const document = read.source.value as TracedDocument;
  const brought = document.traces ?? [];
  const missing = new Map<string, TraceRow>();
  for (const { workload } of document.guests ?? []) {
    if (isTrace(workload)) missing.set(keyOf(workload), workload);
  }
  for (const row of brought) missing.delete(keyOf(row));
  if (missing.size === 0) return text;
  const added = [...missing.values()].map(({ file, row }) => ({
    file,
    row,
    shares: readTrace(file).row(row),
  }));
  return JSON.stringify({ ...document, traces: [...brought, ...added] });
}

function keyOf({ file, row }: TraceRow): string {
  return `${file}#${row}`;
}

function isTrace(workload: unknown): workload is TraceRow {
  return (workload as { readonly kind?: unknown } | undefined)?.kind === "TRACE";
}
