import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { verbOnHost } from "./host-verb.ts";

export const maintenance: Command = {
  name: "maintenance",
  synopsis: "HOST on|off [--no-wait] [--url URL]",
  summary: "Empty a host and keep it empty, or give it its guests back",
  details: `Guests leave by live migration, or restart elsewhere where that can't be. One that has no
legal place stays and says why. Waits until the host is empty; interrupted, it goes on without
being watched.`,
  options: {
    "no-wait": { description: "Return as soon as it has begun" },
    ...URL_OPTION,
  },
  examples: ["evenkeel maintenance fra-a1-small-1 on", "evenkeel maintenance fra-a1-small-1 off"],
  async run(args) {
    const [name, state, ...more] = args.positionals;
    if (name === undefined || (state !== "on" && state !== "off") || more.length > 0) {
      throw new UsageError("Name a host and say on or off, as in 'evenkeel maintenance host-7 on'");
    }
    const enabled = state === "on";
    const what = enabled ? "maintenance" : "end of maintenance";
    const verb = {
      mutation: "setMaintenance",
      what,
      inputType: "SetMaintenanceInput",
      input: { enabled },
    };
    return verbOnHost(serverUrl(args), name, verb, !args.flag("no-wait"));
  },
};
