/** What came of scenarios, for people. */
import { styleText } from "node:util";
import type { Result } from "./run.ts";

type Style = Parameters<typeof styleText>[0];

export function succeeded({ problems, diff }: Result): boolean {
  return problems.length === 0 && diff.length === 0;
}

/** A line for a scenario that is as it should be, and what differs for one that is not. */
export function formatResult(result: Result): string {
  const { folder, title, problems, diff, updated, tookMs } = result;
  const right = succeeded(result);
  const mark = right ? styled("green", "✓") : styled("red", "✗");
  const facts = [`${(tookMs / 1000).toFixed(1)} s`, ...(updated ? ["expected.log written"] : [])];
  const head = [
    mark,
    folder,
    title && styled("dim", title),
    styled("dim", `(${facts.join(", ")})`),
  ];
  const lines = [head.filter(Boolean).join(" ")];
  for (const problem of problems) lines.push(...indented(problem));
  if (diff.length > 0) {
    lines.push("    the log differs from expected.log; --update accepts it as it is");
    lines.push(...diff.map((line) => `    ${coloured(line)}`));
  }
  return `${lines.join("\n")}\n`;
}

export function formatSummary(results: readonly Result[]): string {
  const failed = results.filter((result) => !succeeded(result));
  const seconds = results.reduce((sum, { tookMs }) => sum + tookMs, 0) / 1000;
  const total = `${results.length} ${results.length === 1 ? "scenario" : "scenarios"}`;
  if (failed.length === 0) return `\n${total}, all as expected (${seconds.toFixed(1)} s)\n`;
  const names = failed.map(({ folder }) => `  ${folder}`).join("\n");
  return `\n${failed.length} of ${total} not as expected (${seconds.toFixed(1)} s)\n${names}\n`;
}

/** As one object; `log` is there only where it was asked for. */
export function jsonReport(results: readonly Result[], withLog: boolean): object {
  return {
    passed: results.filter(succeeded).length,
    failed: results.filter((result) => !succeeded(result)).length,
    scenarios: results.map(({ transcript, tookMs, ...result }) => ({
      ...result,
      ok: succeeded({ transcript, tookMs, ...result }),
      tookMs: Math.round(tookMs),
      ...(withLog && { log: transcript }),
    })),
  };
}

function indented(text: string): string[] {
  return text.split("\n").map((line) => `    ${line}`);
}

function coloured(line: string): string {
  if (line.startsWith("-")) return styled("red", line);
  return line.startsWith("+") ? styled("green", line) : line;
}

function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
