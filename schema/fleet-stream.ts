import type { ApiContext } from "./context.ts";
import { type FleetTotals, fleetTotals } from "./fleet.ts";
import { stream } from "./stream.ts";

/** Bounds of `intervalMs`: no more than ten a second, no less than one a minute when things change. */
export const FLEET_INTERVAL = { min: 100, max: 60_000, default: 1_000 } as const;

/** The totals at once, then whenever they have changed, at most one each interval. */
export function fleetStream(
  intervalMs: number,
  context: Pick<ApiContext, "db" | "runtime">,
): AsyncGenerator<FleetTotals, void, void> {
  const pause = Math.min(Math.max(intervalMs, FLEET_INTERVAL.min), FLEET_INTERVAL.max);
  const { feed } = context.runtime;
  return stream(async function* (signal) {
    let shown = "";
    while (!signal.aborted) {
      const position = feed.head();
      const totals = fleetTotals(context);
      const text = JSON.stringify(totals);
      if (text !== shown) yield totals;
      shown = text;
      await delay(pause, signal);
      const news = await feed.follow(position, { signal, batchSize: 1 }).next();
      if (news.done) return;
    }
  });
}

/** Resolves early when aborted. */
function delay(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
