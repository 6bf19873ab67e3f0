/**
 * Makes drizzle load in a tenth of the time: 40 ms instead of 600, in each thread.
 *
 * To learn whether a `.js` file is a module, Node 24 parses the whole package.json above it again for
 * each file (`getPackageScopeConfig` copies its lazy `exports`), and drizzle-orm's is 290 kB for a
 * hundred small files. Here they are told to be modules, as that package.json says of them all.
 *
 * Must have run before the first import of drizzle begins: import this statically, and what uses
 * drizzle with `await import()` after it.
 */

import { registerHooks } from "node:module";

const FOLDER = "/node_modules/drizzle-orm/";

registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL } = context;
    if (!parentURL?.includes(FOLDER) || !specifier.startsWith(".") || !specifier.endsWith(".js"))
      return nextResolve(specifier, context);
    return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true };
  },
});
