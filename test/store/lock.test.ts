import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { DataDirectoryLocked } from "../../src/store/errors.ts";
import { openReader } from "../../src/store/reader.ts";
import { openStore } from "../../src/store/writer.ts";
import { batchOf, ticks } from "./fixtures.ts";
import { newStore, temporaryDirectory } from "./open.ts";

const HOLDER = fileURLToPath(new URL("holder.ts", import.meta.url));

interface Holder {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  nextLine(): Promise<string>;
  exited: Promise<void>;
}

/** Another process that opens the directory. */
function hold(dataDir: string): Holder {
  const child = spawn(process.execPath, [HOLDER, dataDir], { stdio: ["pipe", "pipe", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    process: child,
    exited,
    nextLine: async () => (await lines.next()).value ?? "the end",
  };
}

async function textOf(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}

function lockedBy(dataDir: string): DataDirectoryLocked {
  try {
    openStore({ dataDir }).close();
  } catch (error) {
    if (error instanceof DataDirectoryLocked) return error;
    throw error;
  }
  throw new Error("It was not locked.");
}

test("a second store in the same process is refused at once", () => {
  const store = newStore();
  const error = lockedBy(store.dataDir);
  expect(error.pid).toBe(process.pid);
  expect(error.message).toContain(store.dataDir);

  // The refusal has not broken the lock.
  expect(lockedBy(store.dataDir).pid).toBe(process.pid);
  store.append(batchOf(ticks(1, 1)));
});

test("a second process is refused, and told who holds the directory", async () => {
  const store = newStore();
  const other = hold(store.dataDir);
  const message = await textOf(other.process.stderr);
  await other.exited;
  expect(other.process.exitCode).toBe(1);
  expect(message).toContain("DataDirectoryLocked");
  expect(message).toContain(`process ${process.pid}`);
  expect(message).toContain(store.dataDir);
});

test("a killed process leaves the directory free, with all that it said was written", async () => {
  const dataDir = temporaryDirectory();
  const other = hold(dataDir);
  expect(await other.nextLine()).toBe("open at 0");
  expect(lockedBy(dataDir).pid).toBe(other.process.pid);
  for (let seq = 1; seq <= 3; seq++) {
    other.process.stdin.write("\n");
    expect(await other.nextLine()).toBe(`appended ${seq}`);
  }
  other.process.kill("SIGKILL");
  await other.exited;

  const store = openStore({ dataDir });
  expect(store.head()).toBe(3);
  store.append(batchOf(ticks(4, 1)));
  store.close();
});

test("closing frees the directory and leaves one database file behind", async () => {
  const dataDir = temporaryDirectory();
  const store = openStore({ dataDir });
  store.append(batchOf(ticks(1, 1)));
  store.close();
  store.close();
  expect(readdirSync(dataDir).sort()).toEqual(["evenkeel.db", "evenkeel.lock"]);
  const other = hold(dataDir);
  expect(await other.nextLine()).toBe("open at 1");
  other.process.stdin.end();
  expect(await other.nextLine()).toBe("closed");
});

test("readers need no lock", () => {
  const store = newStore();
  const readers = [openReader(store.dataDir), openReader(store.dataDir)];
  store.append(batchOf(ticks(1, 1)));
  expect(readers.map((reader) => reader.head())).toEqual([1, 1]);
  for (const reader of readers) reader.close();
});

test("an old pid file of a dead process is no lock", () => {
  const dataDir = temporaryDirectory();
  writeFileSync(join(dataDir, "evenkeel.pid"), "1\n");
  const store = openStore({ dataDir });
  expect(readFileSync(join(dataDir, "evenkeel.pid"), "utf8")).toBe(`${process.pid}\n`);
  store.close();
});
