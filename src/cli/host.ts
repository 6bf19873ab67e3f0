import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { type Verb, verbOnHost } from "./host-verb.ts";

const INPUT = "HostActionInput";
const VERBS: Readonly<Record<string, Verb>> = {
  reboot: { mutation: "rebootHost", what: "reboot", inputType: INPUT },
  shutdown: { mutation: "shutdownHost", what: "shutdown", inputType: INPUT },
  "power-on": { mutation: "powerOnHost", what: "power-on", inputType: INPUT },
  fence: { mutation: "fenceHost", what: "fence", inputType: INPUT, done: "under way" },
  "confirm-dead": {
    mutation: "confirmHostDead",
    what: "confirmation",
    inputType: "ConfirmHostDeadInput",
    input: { isOff: true },
  },
};

export const host: Command = {
  name: "host",
  synopsis:
    "reboot|shutdown|power-on|fence HOST [--no-wait] [--url URL]\n  evenkeel host confirm-dead HOST --is-off [--url URL]",
  summary: "Reboot a host, switch it off or on, fence it, or say that it is dead",
  details: `What becomes of the guests of a host that is rebooted or shut down, the fleet's
shutdownPolicy says. Waits until it is done; interrupted, it goes on without being watched.

'fence' is for a host that is heard of and not well: it is cut off from power, with all that runs
there, and its guests start elsewhere. It boots anew after that; 'maintenance HOST on' before keeps
it free of guests until it is mended. Does not wait for the fence, which may fail.

'confirm-dead' is for a silent host that neither a fence nor its watchdog can prove dead: its guests
start elsewhere at once. Nothing checks that it is off. If it is not, they run twice.`,
  options: {
    "no-wait": { description: "Return as soon as it has begun" },
    "is-off": { description: "With confirm-dead: you know for certain that the host has no power" },
    ...URL_OPTION,
  },
  examples: [
    "evenkeel host reboot fra-a1-small-1",
    "evenkeel host power-on fra-a1-small-1",
    "evenkeel host fence fra-a1-small-1",
    "evenkeel host confirm-dead fra-a1-small-1 --is-off",
  ],
  async run(args) {
    const [verb = "", name, ...more] = args.positionals;
    const known = VERBS[verb];
    if (!known || name === undefined || more.length > 0) {
      throw new UsageError(
        "Say 'host reboot', 'host shutdown', 'host power-on', 'host fence' or 'host confirm-dead', and name one host",
      );
    }
    if (verb !== "confirm-dead" && args.flag("is-off"))
      throw new UsageError("--is-off is said with 'host confirm-dead' alone");
    if (verb === "confirm-dead" && !args.flag("is-off")) {
      throw new UsageError(
        "Find out that the host is off, and say so with --is-off: if it is not, its guests run twice",
      );
    }
    return verbOnHost(serverUrl(args), name, known, !args.flag("no-wait"));
  },
};
