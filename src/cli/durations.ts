import { UsageError } from "./command.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/** `90` and `90s` are 90; `1h30m` is 5400. Throws UsageError. */
export function parseSeconds(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    throw new UsageError(`'${text}' is not a duration like 90, 90s, 10m, 1h30m or 2d`);
  }
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    seconds += Number(amount) * (UNITS[unit as string] as number);
  }
  return seconds;
}

/** `3 min 12 s`: the two largest units that there are. */
export function durationText(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const parts: string[] = [];
  for (const [unit, seconds] of [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const) {
    const amount = Math.floor(rest / seconds);
    rest -= amount * seconds;
    if (amount > 0 || (unit === "s" && parts.length === 0)) parts.push(`${amount} ${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}
