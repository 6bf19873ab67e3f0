// Stores and readers that close, and directories that go, when the test ends.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openReader, type Reader } from "../../src/store/reader.ts";
import { openStore, type Store, type StoreOptions } from "../../src/store/writer.ts";

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "evenkeel-store-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function newStore(options: Partial<StoreOptions> = {}): Store {
  const store = openStore({ dataDir: temporaryDirectory(), ...options });
  onTestFinished(() => store.close());
  return store;
}

export function readerOf(store: Store): Reader {
  const reader = openReader(store.dataDir);
  onTestFinished(() => reader.close());
  return reader;
}
