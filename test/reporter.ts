// Closes a run with one plain line that a person and a machine read alike: "12 passed, 0 failed, 1 skipped".

import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that could not be loaded, or a failed hook, has no test to its name.
      count.failed += module.errors().length;
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
    }
    // Pending: the run ended before they did, so they have not passed.
    const failed = count.failed + count.pending;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
    const tally = `${count.passed} passed, ${failed} failed${skipped}`;
    console.log(tally);
    if (process.env.TALLY_FILE) writeFileSync(process.env.TALLY_FILE, `${tally}\n`);
  }
}
