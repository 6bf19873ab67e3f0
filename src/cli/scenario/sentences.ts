/** What can be done in a step, each as a sentence, and the one call of the public API that it stands for. */
import { resolve } from "node:path";
import { nearest } from "../../fleet/nearest.ts";
import { applyFile } from "../apply-file.ts";
import { parseSeconds } from "../durations.ts";
import { mutate } from "../request.ts";
import { findTarget } from "../targets.ts";

/** Does what the sentence says. Throws RefusedError when the server refuses it, CliError otherwise. */
export type Action = (url: string) => Promise<unknown>;

interface Sentence {
  /** For people; words in capitals stand for something. */
  readonly form: string;
  readonly pattern: RegExp;
  /** `words` are the pattern's groups. */
  read(words: readonly string[], folder: string): Action;
}

const SENTENCES: readonly Sentence[] = [
  {
    form: "apply FILE",
    pattern: /^apply (\S+)( and prune)?$/,
    read:
      ([file = "", prune], folder) =>
      (url) =>
        applyFile(url, resolve(folder, file), { prune: Boolean(prune) }),
  },
  {
    form: "fault KIND on NAME [for DURATION]",
    pattern: /^fault (\S+) on (\S+)(?: for (\S+))?$/,
    read([kind = "", name = "", duration]) {
      const durationSeconds = duration === undefined ? null : parseSeconds(duration);
      return async (url) => {
        const targetId = await findTarget(url, targetOf(kind, name));
        return mutate(url, "injectFault", "cursor", { kind, targetId, durationSeconds });
      };
    },
  },
  {
    form: "clear KIND on NAME",
    pattern: /^clear (\S+) on (\S+)$/,
    read:
      ([kind = "", name = ""]) =>
      async (url) => {
        const targetId = await findTarget(url, targetOf(kind, name));
        return mutate(url, "clearFault", "cursor", { kind, targetId });
      },
  },
  {
    form: "migrate GUEST [to HOST]",
    pattern: /^migrate (?:guest )?(\S+)(?: to (?:host )?(\S+))?$/,
    read:
      ([guest = "", host]) =>
      async (url) => {
        const guestId = await findTarget(url, `guest/${guest}`);
        const hostId = host === undefined ? null : await findTarget(url, `host/${host}`);
        return mutate(url, "migrateGuest", "cursor", { guestId, hostId });
      },
  },
  guestSentence("start GUEST", /^start (?:guest )?(\S+)$/, "startGuest"),
  guestSentence("stop GUEST", /^stop (?:guest )?(\S+)$/, "stopGuest"),
  guestSentence("suspend GUEST", /^suspend (?:guest )?(\S+)$/, "suspendGuest"),
  guestSentence("resume GUEST", /^resume (?:guest )?(\S+)$/, "resumeGuest"),
  guestSentence("delete GUEST", /^delete (?:guest )?(\S+)$/, "deleteGuest"),
  guestSentence("reboot guest GUEST", /^reboot guest (\S+)$/, "rebootGuest"),
  hostSentence("reboot host HOST", /^reboot host (\S+)$/, "rebootHost"),
  hostSentence("shutdown HOST", /^shutdown (?:host )?(\S+)$/, "shutdownHost"),
  hostSentence("power-on HOST", /^power-on (?:host )?(\S+)$/, "powerOnHost"),
  hostSentence("fence HOST", /^fence (?:host )?(\S+)$/, "fenceHost"),
  {
    form: "confirm-dead HOST",
    pattern: /^confirm-dead (?:host )?(\S+)$/,
    read:
      ([host = ""]) =>
      async (url) => {
        const hostId = await findTarget(url, `host/${host}`);
        return mutate(url, "confirmHostDead", "cursor", { hostId, isOff: true });
      },
  },
  {
    form: "maintenance HOST on|off",
    pattern: /^maintenance (?:host )?(\S+) (on|off)$/,
    read:
      ([host = "", state]) =>
      async (url) => {
        const hostId = await findTarget(url, `host/${host}`);
        return mutate(url, "setMaintenance", "cursor", { hostId, enabled: state === "on" });
      },
  },
  {
    form: "ha arm|disarm",
    pattern: /^ha (arm|disarm)$/,
    read:
      ([state]) =>
      (url) =>
        mutate(url, "setHighAvailability", "cursor", { enabled: state === "arm" }),
  },
];

export const SENTENCE_FORMS: readonly string[] = SENTENCES.map(({ form }) => form);

/** Throws an Error that says what would be understood, or UsageError for a malformed duration. */
export function readSentence(text: string, folder: string): Action {
  for (const { pattern, read } of SENTENCES) {
    const match = pattern.exec(text.trim().replaceAll(/\s+/g, " "));
    if (match) return read(match.slice(1), folder);
  }
  const verb = /^\S*/.exec(text.trim())?.[0] ?? "";
  const verbs = SENTENCE_FORMS.map((form) => form.split(" ")[0] ?? "");
  const meant = verbs.includes(verb) ? verb : nearest(verb, verbs);
  const forms = SENTENCE_FORMS.filter((form) => meant === null || form.startsWith(`${meant} `));
  throw new Error(`is no sentence of the form ${forms.join(", ")}`);
}

function guestSentence(form: string, pattern: RegExp, mutation: string): Sentence {
  return {
    form,
    pattern,
    read:
      ([name = ""]) =>
      async (url) => {
        const input = { guestId: await findTarget(url, `guest/${name}`) };
        return mutate(url, mutation, "cursor", input, "GuestActionInput");
      },
  };
}

function hostSentence(form: string, pattern: RegExp, mutation: string): Sentence {
  return {
    form,
    pattern,
    read:
      ([name = ""]) =>
      async (url) => {
        const input = { hostId: await findTarget(url, `host/${name}`) };
        return mutate(url, mutation, "cursor", input, "HostActionInput");
      },
  };
}

/** What strikes what, where the kind of the fault does not begin with it. */
const STRUCK: Readonly<Record<string, string>> = {
  MIGRATION_FAILS: "guest",
  STORAGE_STALL: "host",
  GUEST_HANG: "guest",
};

/** A bare name is of the kind that the fault strikes; a rack needs its data center: `DATACENTER/RACK`. */
function targetOf(kind: string, name: string): string {
  if (/^(?:region|zone|rack|host|guest)\//.test(name)) return name;
  return `${STRUCK[kind] ?? kind.split("_")[0]?.toLowerCase()}/${name}`;
}
