import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import type { SecurityGroupId } from "../../src/model/ids.ts";
import { defaultRules } from "../../src/model/security.ts";
import { temporaryDirectory } from "./open.ts";

const KIT = "node_modules/drizzle-kit/bin.cjs";

test("the migrations make the tables as the code has them", () => {
  const copy = join(temporaryDirectory(), "migrations");
  cpSync("migrations", copy, { recursive: true });
  const before = readdirSync(copy);
  const args = [
    "generate",
    "--dialect",
    "sqlite",
    "--schema",
    "./src/store/tables*.ts",
    "--out",
    copy,
  ];
  const output = execFileSync(process.execPath, [KIT, ...args], { encoding: "utf8" });
  expect(output).toContain("No schema changes");
  expect(readdirSync(copy)).toEqual(before);
});

test("tenants of before security groups get a default group each, and what runs is in it", () => {
  const sqlite = new Database(":memory:");
  const folders = readdirSync("migrations").sort();
  const run = (folder: string) =>
    sqlite.exec(readFileSync(join("migrations", folder, "migration.sql"), "utf8"));
  const isolation = folders.findIndex((folder) => folder.endsWith("_isolation"));
  for (const folder of folders.slice(0, isolation)) run(folder);
  sqlite.exec(`
    INSERT INTO meta (id, epoch, seq, earliest_seq, next_id, settings) VALUES (1, 'e', 9, 1, 50, '{}');
    INSERT INTO tenants (id, name) VALUES (3, 'default'), (7, 'acme');
    INSERT INTO flavors VALUES (4, 'small', 1000, 1024, 1);
    INSERT INTO images VALUES (5, 'linux', NULL);
    INSERT INTO guests (id, name, tenant_id, flavor_id, image_id, cpu_millicores, memory_mib, storage_gib,
      desired, status, status_since_ms, cause_seq, generation, recovery, blocked_by, restarts,
      tried_host_ids, deleting, created_at_ms)
      VALUES (9, 'web', 7, 4, 5, 1000, 1024, 1, 'RUNNING', 'PENDING', 0, 1, 0, '{}', '[]', 0, '[]', 0, 0);
    INSERT INTO driver_state VALUES ('simulated', 'description:9', '{"name":"web"}');`);
  run(folders[isolation] as string);
  const groups = sqlite.prepare("SELECT id, name, tenant_id, rules FROM security_groups").raw();
  expect(groups.all()).toEqual(
    [
      [50, 3],
      [51, 7],
    ].map(([id, tenantId]) => [
      id,
      "default",
      tenantId,
      JSON.stringify(defaultRules(id as SecurityGroupId)),
    ]),
  );
  expect(sqlite.prepare("SELECT next_id FROM meta").pluck().get()).toBe(52);
  expect(
    JSON.parse(sqlite.prepare("SELECT value FROM driver_state").pluck().get() as string),
  ).toEqual({
    name: "web",
    isolation: { revision: 0, allocation: null, securityGroupIds: [51] },
  });
  sqlite.close();
});

test("members of before lifecycle hooks have been launched if they ever ran", () => {
  const sqlite = new Database(":memory:");
  const folders = readdirSync("migrations").sort();
  const run = (folder: string) =>
    sqlite.exec(readFileSync(join("migrations", folder, "migration.sql"), "utf8"));
  const hooks = folders.findIndex((folder) => folder.endsWith("_lifecycle-hooks"));
  for (const folder of folders.slice(0, hooks)) run(folder);
  const memberships = [
    null,
    { hasRun: false, runsSinceMs: null },
    { hasRun: true, runsSinceMs: 7 },
  ];
  sqlite.exec(`
    INSERT INTO tenants (id, name) VALUES (3, 'default');
    INSERT INTO flavors (id, name, cpu_millicores, memory_mib, storage_gib) VALUES (4, 'small', 1000, 1024, 1);
    INSERT INTO images VALUES (5, 'linux', NULL);`);
  for (const membership of memberships)
    sqlite
      .prepare(`INSERT INTO guests (name, tenant_id, flavor_id, image_id, cpu_millicores, memory_mib,
        storage_gib, desired, status, status_since_ms, cause_seq, generation, recovery, blocked_by, restarts,
        tried_host_ids, deleting, created_at_ms, membership)
        VALUES ('web', 3, 4, 5, 1000, 1024, 1, 'RUNNING', 'PENDING', 0, 1, 0, '{}', '[]', 0, '[]', 0, 0, ?)`)
      .run(membership && JSON.stringify(membership));
  run(folders[hooks] as string);
  const after = sqlite.prepare("SELECT membership FROM guests").pluck().all() as (string | null)[];
  expect(after.map((text) => text && JSON.parse(text))).toEqual([
    null,
    { runsSinceMs: null, launchedAtMs: null, lifecycle: null },
    { runsSinceMs: 7, launchedAtMs: 7, lifecycle: null },
  ]);
});
