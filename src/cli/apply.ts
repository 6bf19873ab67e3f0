import { applyFile } from "./apply-file.ts";
import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { formatPlan } from "./plan.ts";

export const apply: Command = {
  name: "apply",
  synopsis: "FILE [--dry-run] [--prune] [--json] [--url URL]",
  summary: "Make the fleet what a document says",
  details: `FILE is a fleet document, YAML or JSON; '-' reads standard input. Traces that it names are
read below its own folder and sent along. Applying the same document again changes nothing.`,
  options: {
    "dry-run": { description: "Show what would change, and change nothing" },
    prune: { description: "Also delete what the document does not name" },
    json: { description: "Print the plan as JSON" },
    ...URL_OPTION,
  },
  examples: [
    "evenkeel apply fleet.yaml --dry-run",
    "evenkeel apply fleet.yaml",
    "evenkeel apply fleet.json --prune",
  ],
  async run(args) {
    const [file, ...more] = args.positionals;
    if (file === undefined || more.length > 0) {
      throw new UsageError("Give one file, such as 'evenkeel apply fleet.yaml'");
    }
    const plan = await applyFile(serverUrl(args), file, {
      dryRun: args.flag("dry-run"),
      prune: args.flag("prune"),
    });
    process.stdout.write(args.flag("json") ? `${JSON.stringify(plan)}\n` : formatPlan(plan));
    return 0;
  },
};
