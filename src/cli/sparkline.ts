const BARS = "▁▂▃▄▅▆▇█";

/** A bar for each number, from none to the largest. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values.map((value) => BARS[Math.round((value / most) * (BARS.length - 1))]).join("");
}
