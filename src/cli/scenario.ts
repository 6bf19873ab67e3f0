import { type Command, UsageError } from "./command.ts";
import { findScenarios } from "./scenario/folder.ts";
import { formatResult, formatSummary, jsonReport, succeeded } from "./scenario/report.ts";
import { type Result, runScenario } from "./scenario/run.ts";
import { SENTENCE_FORMS } from "./scenario/sentences.ts";

export const scenario: Command = {
  name: "scenario",
  synopsis: "DIR... [--update] [--log] [--json]",
  summary: "Play scenarios on servers of their own, and compare what happens",
  details: `DIR holds fleet.yaml, steps.yaml and expected.log, or folders that do, at any depth. Each scenario
gets a fresh server with a clock of its own; nothing outside is touched. The exit code is 1 when
an end state or a log is not as expected.

What a step can do:
${SENTENCE_FORMS.map((form) => `  ${form}`).join("\n")}

docs/scenarios.md tells how to write one.`,
  options: {
    update: { description: "Write each expected.log anew, as the log is now" },
    log: { description: "Print the log of each scenario" },
    json: { description: "Print one JSON object" },
  },
  examples: [
    "evenkeel scenario test/scenarios",
    "evenkeel scenario my/host-loss --log",
    "evenkeel scenario my/host-loss --update",
  ],
  async run(args) {
    if (args.positionals.length === 0) {
      throw new UsageError("Give a folder, such as 'evenkeel scenario test/scenarios'");
    }
    const [withLog, json] = [args.flag("log"), args.flag("json")];
    const results: Result[] = [];
    for (const folder of findScenarios(args.positionals)) {
      const result = await runScenario(folder, args.flag("update"));
      results.push(result);
      if (json) continue;
      process.stdout.write(formatResult(result) + (withLog ? `\n${result.transcript}\n` : ""));
    }
    process.stdout.write(
      json ? `${JSON.stringify(jsonReport(results, withLog))}\n` : formatSummary(results),
    );
    return results.every(succeeded) ? 0 : 1;
  },
};
