import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const urlOf = (file: string) => new URL(`../../src/store/${file}`, import.meta.url).href;

/** CPU time that a new process needs to load the store, in ms. */
function loadingMs(...first: string[]): number {
  const steps = [...first, "writer.ts", "reader.ts"].map(
    (file) => `await import("${urlOf(file)}");`,
  );
  const code = `${steps.join("\n")}
    const { user, system } = process.cpuUsage();
    console.log((user + system) / 1000);`;
  const args = ["--input-type=module", "-e", code];
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  return Number(execFileSync(process.execPath, args, { encoding: "utf8", cwd }));
}

// When this fails after an update of Node or drizzle, the file has probably become needless.
test("drizzle loads much faster when it is told what its files are", () => {
  const plain = loadingMs();
  const fast = loadingMs("fast-drizzle.ts");
  expect(fast).toBeGreaterThan(0);
  expect(fast).toBeLessThan(plain * 0.7);
});
