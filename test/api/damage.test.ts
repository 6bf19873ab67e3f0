import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "../../src/client/listen.ts";
import { startSettledServer, startTestServer } from "./harness.ts";

const PAGE_BYTES = 4_096;
/** The first byte of an interior page of a table (SQLite's file format, 1.6). */
const INTERIOR = 5;
const INTERIOR_HEADER_BYTES = 12;

/** Where a table or index begins in the file, in bytes. */
function rootOf(path: string, name: string): number {
  const sqlite = new Sqlite(path, { readonly: true });
  const page = sqlite
    .prepare<[string], number>("SELECT rootpage FROM sqlite_schema WHERE name = ?")
    .pluck()
    .get(name) as number;
  sqlite.close();
  return (page - 1) * PAGE_BYTES;
}

/** Overwrites the page with the log's oldest events, as a failing disk would. */
function damageOldestEvents(path: string): void {
  const file = readFileSync(path);
  let start = rootOf(path, "log");
  while (file[start] === INTERIOR) {
    const firstCell = start + file.readUInt16BE(start + INTERIOR_HEADER_BYTES);
    start = (file.readUInt32BE(firstCell) - 1) * PAGE_BYTES;
  }
  writeFileSync(path, file.fill(0xa5, start, start + PAGE_BYTES));
}

/** A directory with a fleet at work in it, closed, and the cursor of its first event. */
async function usedDirectory() {
  const dataDir = mkdtempSync(join(tmpdir(), "evenkeel-damage-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const server = await startSettledServer({ dataDir }, true);
  const { events } = await server.data("{ events(first: 1) { edges { cursor } } }");
  await server.close();
  return { dataDir, path: join(dataDir, "evenkeel.db"), cursor: events.edges[0].cursor as string };
}

test("damage in the log that a start does not see is told by whoever reads it, and by readiness", async () => {
  const { dataDir, path, cursor } = await usedDirectory();
  damageOldestEvents(path);

  const server = await startTestServer({ dataDir });
  const ready = () => fetch(new URL("/health/ready", server.url));
  expect((await ready()).status).toBe(200);

  const { errors } = await server.ask("{ events(first: 5) { nodes { message } } }");
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining("database is damaged"),
    extensions: { code: "DATA_CORRUPT" },
  });
  const { errors: again } = await server.ask("{ events(first: 5) { nodes { message } } }");
  expect(again).toEqual(errors);
  const metrics = await (await fetch(new URL("/metrics", server.url))).text();
  expect(metrics).toContain("evenkeel_replies_repeated_total 0");
  const response = await ready();
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    ready: false,
    problems: [expect.stringContaining(`${path} is damaged`)],
  });

  const listening = listen({
    url: server.url,
    after: cursor,
    selection: "message",
  });
  await expect(listening.next()).rejects.toMatchObject({ code: "DATA_CORRUPT", fatal: true });
});

test("damage that stops the writer is told by readiness", async () => {
  const { dataDir, path } = await usedDirectory();
  const root = rootOf(path, "log_kind");
  writeFileSync(path, readFileSync(path).fill(0xa5, root, root + PAGE_BYTES));
  const server = await startTestServer({ dataDir });
  const zone = await server.id("zone", "north-a");
  const result = await server.mutate("injectFault", "InjectFaultInput", {
    targetId: zone,
    kind: "ZONE_POWER",
  });
  expect(result.message).toContain("CORRUPT");
  const response = await fetch(new URL("/health/ready", server.url));
  expect(response.status).toBe(503);
  expect(JSON.stringify(await response.json())).toContain(path);
});
