import { setImmediate } from "node:timers/promises";

/** Real time that a long answer works at one go. */
const SLICE_MS = 8;

/** Runs a long computation in slices, between which the event loop gets its turn. Rejects when `signal` aborts. */
export async function inSlices<T>(
  work: Generator<void, T>,
  signal: AbortSignal | null = null,
): Promise<T> {
  let endMs = performance.now() + SLICE_MS;
  try {
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      if (performance.now() < endMs) continue;
      await setImmediate();
      signal?.throwIfAborted();
      endMs = performance.now() + SLICE_MS;
    }
  } finally {
    // Where it was broken off, it takes back what it has begun.
    work.return(undefined as never);
  }
}
