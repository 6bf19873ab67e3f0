/**
 * An async generator that can be returned from at any time. A plain one that awaits can't: its
 * `return` waits for what it awaits, which on a quiet log may be never. Here `return` aborts the
 * signal first, and `run` must end what it waits for by it.
 */
export function stream<T>(
  run: (signal: AbortSignal) => AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  const abort = new AbortController();
  const inner = run(abort.signal);
  const end = async () => {
    abort.abort();
    await inner.return();
  };
  return {
    next: () => inner.next(),
    async return() {
      await end();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: end,
  };
}

/** The stream that `run` makes of another one; whoever ends it ends the other too. */
export function through<T, U>(
  source: AsyncGenerator<T, void, void>,
  run: (source: AsyncGenerator<T, void, void>) => AsyncGenerator<U, void, void>,
): AsyncGenerator<U, void, void> {
  return stream((signal) => {
    signal.addEventListener("abort", () => void source.return());
    return run(source);
  });
}
