// Runs before `npm start`, `npm test` and the like, so that a fresh clone needs no other command.
// Plain JavaScript for any Node: before the first install there is no Node 24 in node_modules.

import { execSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** The versions that a lockfile asks for, or null where there is none. */
function lockedVersions(path) {
  if (!existsSync(path)) return null;
  const { packages } = JSON.parse(readFileSync(path, "utf8"));
  return Object.entries(packages).filter(([location]) => location !== "");
}

/** Content, not file times, decides: a git checkout changes times without changing versions. */
function installed() {
  const present = lockedVersions("node_modules/.package-lock.json");
  if (present === null || !existsSync("node_modules/.bin/node")) return false;
  const presentVersion = new Map(present.map(([location, entry]) => [location, entry.version]));
  return lockedVersions("package-lock.json").every(([location, entry]) =>
    // What is optional is often absent on purpose: another platform's binary.
    presentVersion.has(location)
      ? presentVersion.get(location) === entry.version
      : entry.optional === true,
  );
}

if (!installed()) {
  console.log("Installing dependencies (npm ci)");
  try {
    execSync("npm ci --loglevel=error --no-audit --no-fund", {
      stdio: ["ignore", "ignore", "inherit"],
    });
  } catch {
    process.exit(1); // npm has said why
  }
}
