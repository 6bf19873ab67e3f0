import { CliError, type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { parseSeconds } from "./durations.ts";
import { mutate, RefusedError } from "./request.ts";

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
    const now = await advanceBy(serverUrl(args), seconds);
    process.stdout.write(`The fleet's clock stands at ${now}\n`);
    return 0;
  },
};

async function advanceBy(url: string, seconds: number): Promise<string> {
  try {
    const { now } = await mutate<{ now: string }>(url, "advanceClock", "now", { seconds });
    return now;
  } catch (error) {
    if (!(error instanceof RefusedError) || error.code !== "UNSUPPORTED") throw error;
    throw new CliError(`${error.message} Start the server with CLOCK=manual`);
  }
}
