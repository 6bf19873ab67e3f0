// The rooms of the code and who may import whom, as a table. A wrong direction fails the check.
// Type imports count too: they are how one room starts to depend on another's shape.

import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";

interface Room {
  /** Path from the root: a folder, or a single file. */
  at: string;
  /** Rooms and files it may import besides itself. "npm", "npm:x" and "node" are packages and Node's own modules. */
  may: readonly string[];
}

/** The most specific room that holds a file is the one that counts. */
const rooms: readonly Room[] = [
  { at: "src/model", may: [] },
  { at: "src/engine", may: ["src/model", "src/engine/cron.ts"] },
  // A calendar, asked with a time that is given to it.
  { at: "src/engine/cron.ts", may: ["npm:croner"] },
  { at: "src/drivers", may: ["src/model", "node"] },
  { at: "src/drivers/simulated", may: ["src/model", "src/drivers/*.ts", "node"] },
  { at: "src/drivers/libvirt", may: ["src/model", "src/drivers/*.ts", "node"] },
  { at: "src/store", may: ["src/model", "npm", "node"] },
  {
    at: "src/runtime",
    may: ["src/model", "src/engine", "src/drivers", "src/store", "npm", "node"],
  },
  {
    at: "schema",
    may: [
      "src/model",
      "src/runtime/ports",
      "src/runtime/commands",
      "src/runtime/queries",
      "src/runtime/feed",
      "src/store/tables*.ts",
      "npm",
      "node",
    ],
  },
  { at: "src/server", may: ["schema", "src/runtime", "src/model", "npm", "node"] },
  { at: "src/client", may: ["npm"] },
  { at: "src/fleet", may: ["src/model", "npm:yaml", "npm:ajv"] },
  // What a document names is opened by one file alone; the other writes the published schema.
  { at: "src/fleet/traces.ts", may: ["src/fleet", "node"] },
  { at: "src/fleet/print-schema.ts", may: ["src/fleet", "node"] },
  {
    at: "src/cli",
    may: ["src/client", "src/server", "src/fleet", "src/main.ts", "npm", "node"],
  },
  { at: "src/main.ts", may: ["src", "schema", "npm", "node"] },
  { at: "src/serve-api.ts", may: ["schema", "src/fleet", "src/runtime", "src/server"] },
  {
    at: "src/api-thread*.ts",
    may: ["src/serve-api.ts", "src/runtime", "src/server", "src/store/fast-drizzle.ts", "node"],
  },
  {
    at: "src/first-fleet.ts",
    may: ["src/fleet", "src/model", "src/runtime", "src/server", "node"],
  },
  { at: "console", may: ["src/client", "npm"] },
  { at: "bench", may: ["src", "schema", "scripts", "npm", "node"] },
  { at: "scripts", may: ["src", "schema", "npm", "node"] },
  { at: "test", may: ["src", "schema", "console", "bench", "scripts", "npm", "node"] },
];

function covers(entry: string, target: string): boolean {
  if (entry.includes("*")) return posix.matchesGlob(target, entry);
  return target === entry || target === `${entry}.ts` || target.startsWith(`${entry}/`);
}

function roomOf(file: string): Room | undefined {
  return rooms
    .filter((room) => covers(room.at, file))
    .toSorted((a, b) => b.at.length - a.at.length)[0];
}

/** What a file asks for: a path from the root, "node", or "npm:" and the package's name. */
function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file), specifier);
  if (specifier.startsWith("node:") || builtinModules.includes(specifier)) return "node";
  const [scopeOrName, name] = specifier.split("/");
  return specifier.startsWith("@") ? `npm:${scopeOrName}/${name}` : `npm:${scopeOrName}`;
}

function mayImport(room: Room, target: string): boolean {
  if (target.startsWith("npm:")) return room.may.includes("npm") || room.may.includes(target);
  if (target === "node") return room.may.includes("node");
  if (roomOf(target) === room) return true;
  return room.may.some((entry) => covers(entry, target));
}

const importForms = [
  /^\s*(?:import|export)\b[^'";]*?\bfrom\s*["']([^"']+)["']/gm,
  /^\s*import\s*["']([^"']+)["']/gm,
  /\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g,
  /\bnew URL\(\s*["'`](\.[^"'`]+\.ts)["'`]/g, // a worker's entry file
];

const comments = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

function wrongImports(file: string, source: string): string[] {
  const room = roomOf(file);
  if (!room) return [`${file} is in no room: add one to the table`];
  const code = source.replace(comments, "");
  return importForms
    .flatMap((form) => [...code.matchAll(form)].map((match) => targetOf(file, match[1] ?? "")))
    .filter((target) => !mayImport(room, target))
    .map((target) => `${file} may not import ${target}`);
}

/** What the linter's list of denied globals can't say. */
const impurities = {
  "Date.now": /\bDate\s*\.\s*now\b/,
  "new Date()": /\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())/,
  "Math.random": /\bMath\s*\.\s*random\b/,
  async: /\basync\b(?!\s*:)/,
  await: /\bawait\b(?!\s*:)/,
};

type Impurity = keyof typeof impurities;

const purity: readonly { at: string; never: readonly Impurity[] }[] = [
  { at: "src/model", never: ["Date.now", "new Date()", "Math.random", "async", "await"] },
  { at: "src/engine", never: ["Date.now", "new Date()", "Math.random", "async", "await"] },
  // The simulated world may be awaited, but its time and chance come in as data.
  { at: "src/drivers/simulated", never: ["Date.now", "new Date()", "Math.random"] },
];

const quoted = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;

function impure(file: string, source: string): string[] {
  const code = source.replace(comments, "").replace(quoted, '""');
  return purity
    .filter((rule) => covers(rule.at, file))
    .flatMap((rule) => rule.never)
    .filter((name) => impurities[name].test(code))
    .map((name) => `${file} may not use ${name}`);
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).replaceAll("\\", "/"))
    .filter((path) => !path.includes("node_modules/"));
}

const sources = readdirSync(".", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .filter(
    (entry) => !entry.name.startsWith(".") && !/^(node_modules|data|coverage)$/.test(entry.name),
  )
  .flatMap((entry) => filesUnder(entry.name))
  .filter((file) => file !== "test/architecture.test.ts") // its cases are wrong on purpose
  .map((file) => ({ file, source: readFileSync(file, "utf8") }));

describe("the code", () => {
  test("imports only in the allowed directions", () => {
    expect(sources.flatMap(({ file, source }) => wrongImports(file, source))).toEqual([]);
  });

  test("keeps time, chance and promises out of decisions", () => {
    expect(sources.flatMap(({ file, source }) => impure(file, source))).toEqual([]);
  });

  test("runs on the Node of node_modules", () => {
    expect(process.version).toBe("v24.21.0");
  });
});

describe("the rules", () => {
  test.each([
    ["src/model/guest.ts", 'import { z } from "ajv";'],
    ["src/model/guest.ts", 'import { join } from "node:path";'],
    ["src/model/guest.ts", 'import { join } from "path";'],
    ["src/model/guest.ts", 'import { decide } from "../engine/decide.ts";'],
    ["src/engine/decide.ts", 'import type { Row } from "../store/tables.ts";'],
    ["src/engine/decide.ts", 'import { randomUUID } from "node:crypto";'],
    ["src/engine/decide.ts", 'import { parse } from "yaml";'],
    ["src/engine/placement/place.ts", 'import { x } from "../../drivers/driver.ts";'],
    ["src/drivers/simulated/world.ts", 'import { x } from "../../engine/decide.ts";'],
    ["src/drivers/simulated/world.ts", 'import { x } from "../libvirt/domain.ts";'],
    ["src/drivers/libvirt/domain.ts", 'import { x } from "../simulated/world.ts";'],
    ["src/drivers/driver.ts", 'import { x } from "./libvirt/domain.ts";'],
    ["src/drivers/libvirt/domain.ts", 'import { x } from "../../store/log.ts";'],
    ["src/store/log.ts", 'import { x } from "../engine/evolve.ts";'],
    ["src/store/log.ts", 'import { x } from "../../schema/builder.ts";'],
    ["src/runtime/writer.ts", 'import { x } from "../../schema/builder.ts";'],
    ["src/runtime/writer.ts", 'import { x } from "../server/server.ts";'],
    ["schema/guest.ts", 'import { x } from "../src/engine/decide.ts";'],
    ["schema/guest.ts", 'import { x } from "../src/drivers/driver.ts";'],
    ["schema/guest.ts", 'import { x } from "../src/runtime/writer.ts";'],
    ["schema/guest.ts", 'import { x } from "../src/store/log.ts";'],
    ["src/server/server.ts", 'import { x } from "../engine/decide.ts";'],
    ["src/server/server.ts", 'import { x } from "../store/log.ts";'],
    ["src/server/server.ts", 'import { x } from "../drivers/driver.ts";'],
    ["src/client/listen.ts", 'import { x } from "../model/guest.ts";'],
    ["src/client/listen.ts", 'import { x } from "../server/server.ts";'],
    ["src/cli/drain.ts", 'import { x } from "../engine/decide.ts";'],
    ["src/fleet/parse.ts", 'import { x } from "../store/tables.ts";'],
    ["src/fleet/parse.ts", 'import { x } from "graphql";'],
    ["console/app.ts", 'import { x } from "../src/model/guest.ts";'],
    ["src/store/log.ts", 'import { x } from "../../test/helper.ts";'],
    ["src/main.ts", 'import { x } from "../bench/main.ts";'],
    ["src/engine/decide.ts", 'import {\n  a,\n  b,\n} from "../store/log.ts";'],
    ["src/engine/decide.ts", 'export { a } from "../store/log.ts";'],
    ["src/engine/decide.ts", 'import "../store/log.ts";'],
    ["src/engine/decide.ts", 'const x = import("../store/log.ts");'],
    ["src/attic/old.ts", ""],
  ])("forbid in %s: %s", (file, source) => {
    expect(wrongImports(file, source)).toHaveLength(1);
  });

  test.each([
    ["src/engine/placement/place.ts", 'import type { Guest } from "../../model/guest.ts";'],
    ["src/drivers/simulated/world.ts", 'import type { Driver } from "../driver.ts";'],
    ["schema/guest.ts", 'import { guests } from "../src/store/tables.ts";'],
    ["schema/guest.ts", 'import { guests } from "../src/store/tables-guests.ts";'],
    ["schema/guest.ts", 'import type { Queries } from "../src/runtime/queries.ts";'],
    ["schema/guest.ts", 'import type { Feed } from "../src/runtime/feed/feed.ts";'],
    ["src/fleet/parse.ts", 'import { parse } from "yaml";'],
    ["src/cli/serve.ts", 'import { main } from "../main.ts";'],
    ["src/client/listen.ts", 'import { createClient } from "graphql-ws";'],
    ["src/engine/decide.ts", '// as in: import { x } from "../store/log.ts";'],
  ])("allow in %s: %s", (file, source) => {
    expect(wrongImports(file, source)).toEqual([]);
  });

  test.each([
    ["src/engine/decide.ts", "const now = Date.now();"],
    ["src/model/time.ts", "const now = new Date();"],
    ["src/engine/decide.ts", "const dice = Math.random();"],
    ["src/engine/decide.ts", "const f = async () => 1;"],
    ["src/engine/decide.ts", "await f();"],
    ["src/drivers/simulated/world.ts", "const now = Date.now();"],
  ])("forbid in %s: %s", (file, source) => {
    expect(impure(file, source)).toHaveLength(1);
  });

  test.each([
    ["src/model/time.ts", "const text = new Date(0).toISOString();"],
    ["src/engine/decide.ts", "// nobody may await here"],
    ["src/engine/decide.ts", 'const text = "async";'],
    ["src/runtime/clock.ts", "const now = Date.now();"],
  ])("allow in %s: %s", (file, source) => {
    expect(impure(file, source)).toEqual([]);
  });
});
