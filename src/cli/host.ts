import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { type Verb, verbOnHost } from "./host-verb.ts";

const INPUT = "HostActionInput";
const VERBS: Readonly<Record<string, Verb>> = {
  reboot: { mutation: "rebootHost", what: "reboot", inputType: INPUT },
  shutdown: { mutation: "shutdownHost", what: "shutdown", inputType: INPUT },
  "power-on": { mutation: "powerOnHost", what: "power-on", inputType: INPUT },
};

export const host: Command = {
  name: "host",
  synopsis: "reboot|shutdown|power-on HOST [--no-wait] [--url URL]",
  summary: "Reboot a host, switch it off or on",
  details: `What becomes of the guests of a host that is rebooted or shut down, the fleet's
shutdownPolicy says. Waits until it is done; interrupted, it goes on without being watched.`,
  options: {
    "no-wait": { description: "Return as soon as it has begun" },
    ...URL_OPTION,
  },
  examples: ["evenkeel host reboot fra-a1-small-1", "evenkeel host power-on fra-a1-small-1"],
  async run(args) {
    const [verb = "", name, ...more] = args.positionals;
    const known = VERBS[verb];
    if (!known || name === undefined || more.length > 0) {
      throw new UsageError(
        "Say 'host reboot', 'host shutdown' or 'host power-on', and name one host",
      );
    }
    return verbOnHost(serverUrl(args), name, known, !args.flag("no-wait"));
  },
};
