import { type Arguments, type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { parseSeconds } from "./durations.ts";
import { enumValues } from "./enums.ts";
import { mutate } from "./request.ts";
import { findTarget, TARGET_FORMS } from "./targets.ts";

export const fault: Command = {
  name: "fault",
  synopsis: "inject|clear KIND TARGET [--for DURATION] [--url URL]",
  summary: "Disturb the simulated world, or undo it",
  details: `KIND is one of the API's FaultKind, such as ZONE_POWER, in letters of either case.
TARGET is ${TARGET_FORMS}, or a global id.`,
  options: {
    for: { value: "DURATION", description: "inject: clear it again after so long (60s, 10m, 2h)" },
    ...URL_OPTION,
  },
  examples: [
    "evenkeel fault inject ZONE_POWER zone/eu-central-1a",
    "evenkeel fault inject host-network host/host-7 --for 60s",
    "evenkeel fault inject RACK_POWER rack/dc-a/rack-3",
    "evenkeel fault inject GUEST_CRASH guest/default/web-1",
    "evenkeel fault clear ZONE_POWER zone/eu-central-1a",
  ],
  async run(args) {
    const [verb, kindText, target, ...more] = args.positionals;
    if (verb !== "inject" && verb !== "clear") {
      throw new UsageError("Say 'fault inject' or 'fault clear'; see 'evenkeel help fault'");
    }
    if (kindText === undefined || target === undefined || more.length > 0) {
      throw new UsageError(`Give a kind and a target, as in '${fault.examples[0]}'`);
    }
    const url = serverUrl(args);
    const [kind = ""] = await enumValues(url, "FaultKind", "fault", [kindText]);
    const input = { targetId: await findTarget(url, target), kind };
    await (verb === "inject" ? inject(url, args, input, target) : clear(url, args, input, target));
    return 0;
  },
};

interface FaultInput {
  readonly targetId: string;
  readonly kind: string;
}

async function inject(
  url: string,
  args: Arguments,
  input: FaultInput,
  target: string,
): Promise<void> {
  const duration = args.text("for");
  const durationSeconds = duration === undefined ? null : parseSeconds(duration);
  const { fault: made } = await mutate<{ fault: { until: string | null } | null }>(
    url,
    "injectFault",
    "fault { until }",
    { ...input, durationSeconds },
  );
  const until = made?.until ? `, until ${made.until}` : "";
  process.stdout.write(`${input.kind} strikes ${target}${until}\n`);
}

async function clear(
  url: string,
  args: Arguments,
  input: FaultInput,
  target: string,
): Promise<void> {
  if (args.text("for") !== undefined) throw new UsageError("'fault clear' takes no --for");
  await mutate(url, "clearFault", "kind", { ...input });
  process.stdout.write(`${input.kind} on ${target} is over\n`);
}
