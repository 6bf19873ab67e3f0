/** Nobody comes back before a restart can be over, and the last ones not much later than a person notices. */
const SOONEST_MS = 1_000;
const SPREAD_MS = 2_000;
/** So that a server is not met by more than some hundreds a second. */
const SPREAD_PER_CLIENT_MS = 4;
const LATEST_MS = 60_000;

/** When one of so many clients, who are all told goodbye at once, should come back. */
export function comeBackInMs(clients: number): number {
  const spreadMs = Math.min(SPREAD_MS + clients * SPREAD_PER_CLIENT_MS, LATEST_MS);
  return SOONEST_MS + Math.floor(Math.random() * spreadMs);
}

/** The reason that a WebSocket is closed with; listeners read the milliseconds from it. */
export function goodbye(comeBackMs: number): string {
  return `The server is shutting down; retry after ${comeBackMs} ms`;
}
