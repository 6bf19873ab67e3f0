/** Results, as a table for people and as JSON for programs. */

import { cpus, loadavg, release, totalmem, type } from "node:os";
import { type Figures, holds, type Limit, type Measured } from "./harness.ts";

const LOAD_BEFORE = Math.round((loadavg()[0] ?? 0) * 100) / 100;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly system: string;
  /** Of the last minute, before anything was measured: above a few tenths, others were at work. */
  readonly loadBefore: number;
}

/** One benchmark's result; `figures`, `peers`, `ratios` and `limits` are by name. */
export interface Report extends Measured {
  readonly name: string;
  readonly machine: Machine;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    system: `${type()} ${release()}`,
    loadBefore: LOAD_BEFORE,
  };
}

/** Several reports in the shape of one: every key with its benchmark's name before it. */
export function merged(reports: readonly Report[], machine: Machine) {
  const all = <Value>(part: (report: Report) => Readonly<Record<string, Value>>) =>
    Object.fromEntries(
      reports.flatMap((report) =>
        Object.entries(part(report)).map(([key, value]) => [`${report.name}.${key}`, value]),
      ),
    );
  return {
    name: "all",
    figures: all((report) => report.figures),
    peers: all((report) => report.peers),
    ratios: all((report) => report.ratios),
    limits: all((report) => report.limits),
    machine,
    benchmarks: reports,
  };
}

export function table({ name, figures, peers, ratios, limits }: Report, about: string): string {
  const rows = [
    ...figureRows("", figures),
    ...Object.entries(peers).flatMap(([peer, of]) => figureRows(`${peer} · `, of)),
  ];
  const verdicts = Object.entries(ratios).map(([key, value]) => verdict(key, value, limits[key]));
  return [`\n${name}: ${about}`, ...aligned([...rows, ...verdicts])].join("\n");
}

function figureRows(prefix: string, figures: Figures): string[][] {
  return Object.entries(figures).map(([key, value]) => [`${prefix}${key}`, readable(value), ""]);
}

function verdict(key: string, value: number, limit: Limit | undefined): string[] {
  const shown = value.toPrecision(4);
  if (!limit) return [`ratio ${key}`, shown, ""];
  const bound = "atLeast" in limit ? `≥ ${limit.atLeast}` : `≤ ${limit.atMost}`;
  return [`ratio ${key}`, shown, `${bound}  ${holds(limit, value) ? "pass" : "MISS"}`];
}

/** Three digits that count, and thousands set apart. */
function readable(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en");
  return Number.isInteger(value) ? `${value}` : value.toPrecision(3);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const nameWidth = Math.max(...rows.map(([name]) => name?.length ?? 0));
  const valueWidth = Math.max(...rows.map(([, value]) => value?.length ?? 0));
  return rows.map(([name = "", value = "", note = ""]) =>
    `  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}  ${note}`.trimEnd(),
  );
}
