import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { explanationOf } from "./explain-query.ts";
import { explanationText } from "./explain-text.ts";

export const explain: Command = {
  name: "explain",
  synopsis: "GUEST [--json] [--url URL]",
  summary: "Why a guest is where it is, or why it isn't running, and what to do",
  details: `GUEST is a name, TENANT/NAME, or a global id.
Tells each reason with what can be done about it, which hosts were considered and what is
held against each, and the chain of events that led there.`,
  options: {
    json: { description: "All that is known, as one JSON object" },
    ...URL_OPTION,
  },
  examples: ["evenkeel explain web-1", "evenkeel explain shop/web-1 --json"],
  async run(args) {
    const [guest, ...more] = args.positionals;
    if (guest === undefined || more.length > 0) {
      throw new UsageError("Name one guest, as in 'evenkeel explain shop/web-1'");
    }
    const explanation = await explanationOf(serverUrl(args), guest);
    const text = args.flag("json")
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : explanationText(explanation);
    process.stdout.write(text);
    return 0;
  },
};
