import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { mutate } from "./request.ts";

const STATES: Readonly<Record<string, { enabled: boolean; text: string }>> = {
  arm: {
    enabled: true,
    text: "High availability is armed: hosts are asked what runs on them, then it acts again",
  },
  disarm: {
    enabled: false,
    text: "High availability is disarmed: nothing is fenced or moved until 'evenkeel ha arm'",
  },
};

export const ha: Command = {
  name: "ha",
  synopsis: "arm|disarm [--url URL]",
  summary: "Have the fleet look after itself, or not, for work on its network",
  options: URL_OPTION,
  examples: ["evenkeel ha disarm", "evenkeel ha arm"],
  async run(args) {
    const [verb = "", ...more] = args.positionals;
    const state = STATES[verb];
    if (!state || more.length > 0) throw new UsageError("Say 'ha arm' or 'ha disarm'");
    await mutate(serverUrl(args), "setHighAvailability", "enabled", { enabled: state.enabled });
    process.stdout.write(`${state.text}\n`);
    return 0;
  },
};
