import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { parseSeconds } from "./durations.ts";
import { mutate } from "./request.ts";

export const advance: Command = {
  name: "advance",
  synopsis: "DURATION [--url URL]",
  summary: "Move the fleet's clock (CLOCK=manual only)",
  details: "Returns when all work that is due until then is done and on disk.",
  options: URL_OPTION,
  examples: ["evenkeel advance 90", "evenkeel advance 10m", "evenkeel advance 1h30m"],
  async run(args) {
    const [duration, ...more] = args.positionals;
    if (duration === undefined || more.length > 0) {
      throw new UsageError("Give one duration, such as 'evenkeel advance 10m'");
    }
    const seconds = parseSeconds(duration);
    const { now } = await mutate<{ now: string }>(serverUrl(args), "advanceClock", "now", {
      seconds,
    });
    process.stdout.write(`The fleet's clock stands at ${now}\n`);
    return 0;
  },
};
