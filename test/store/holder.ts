// A process of its own that opens the data directory named on its command line, appends one event
// for each line it reads, and says so.

import { createInterface } from "node:readline";
import { openStore } from "../../src/store/writer.ts";
import { batchOf, ticks } from "./fixtures.ts";

const store = openStore({ dataDir: process.argv[2] ?? "" });
console.log(`open at ${store.head()}`);
for await (const _ of createInterface(process.stdin)) {
  store.append(batchOf(ticks(store.head() + 1, 1)));
  console.log(`appended ${store.head()}`);
}
store.close();
console.log("closed");
