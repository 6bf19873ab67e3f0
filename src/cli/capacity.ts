import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { enumValues } from "./enums.ts";
import { ask } from "./request.ts";

export const capacity: Command = {
  name: "capacity",
  synopsis: "[DOMAIN] [--json] [--url URL]",
  summary: "What would not come back if a host, rack, zone or region were lost now",
  details: `DOMAIN is what is lost: host, rack, data-center, zone (the default) or region.
Each loss is played through on the fleet as it is now.`,
  options: {
    json: { description: "The whole report, as one JSON object" },
    ...URL_OPTION,
  },
  examples: ["evenkeel capacity", "evenkeel capacity host"],
  async run(args) {
    const [text = "zone", ...more] = args.positionals;
    if (more.length > 0) throw new UsageError("Name one domain, as in 'evenkeel capacity zone'");
    const url = serverUrl(args);
    const [losing = ""] = await enumValues(url, "FailureDomain", "failure domain", [text]);
    const { report, fleet } = await ask<Answer>(url, QUERY, { losing });
    const shown = args.flag("json") ? JSON.stringify(report, null, 2) : reportText(report, fleet);
    process.stdout.write(`${shown}\n`);
    return 0;
  },
};

interface Answer {
  readonly report: Report;
  readonly fleet: Fleet;
}

interface Fleet {
  readonly guests: readonly { readonly status: string; readonly count: number }[];
}

interface Report {
  readonly losing: string;
  readonly tolerated: boolean;
  readonly domainsExamined: number;
  readonly domainsAtRisk: number;
  readonly guestsAtRisk: number;
  readonly losses: readonly {
    readonly scope: { readonly name: string } | null;
    readonly guestsAffected: number;
    readonly guestsLeftBehind: number;
    readonly leftBehind: readonly {
      readonly guest: { readonly name: string; readonly tenant: { readonly name: string } } | null;
      readonly reasons: readonly { readonly message: string; readonly advice: string }[];
    }[];
  }[];
}

/** Everything that can be lost has a name, but not through a common interface. */
const NAME = ["Host", "Rack", "DataCenter", "Zone", "Region"]
  .map((type) => `... on ${type} { name }`)
  .join(" ");

const QUERY = `query Capacity($losing: FailureDomain!) {
  report: capacityReport(losing: $losing) {
    losing tolerated domainsExamined domainsAtRisk guestsAtRisk
    losses {
      scope { ${NAME} } guestsAffected guestsLeftBehind
      leftBehind { guest { name tenant { name } } reasons { message advice } }
    }
  }
  fleet { guests { status count } }
}`;

/** Guests that are named for one loss. */
const NAMED_MAX = 10;

function reportText(report: Report, fleet: Fleet): string {
  const { domainsExamined, domainsAtRisk, guestsAtRisk, tolerated, losses } = report;
  const kind = report.losing.toLowerCase().replace("_", " ");
  if (domainsExamined === 0) return `No ${kind} has guests${downAlready(fleet)}.`;
  if (tolerated) return `Whichever ${kind} of ${domainsExamined} is lost, every guest comes back.`;
  const head = `${domainsAtRisk} of ${domainsExamined} ${kind}s could not be lost without leaving guests behind, ${count(guestsAtRisk)} in all:`;
  return [
    head,
    ...losses.filter(({ guestsLeftBehind }) => guestsLeftBehind > 0).map(lossText),
  ].join("\n\n");
}

/** Guests that were lost, or wait to start, are on no host that could be lost. */
function downAlready({ guests }: Fleet): string {
  const down = guests.filter(({ status }) => status === "LOST" || status === "PENDING");
  const total = down.reduce((sum, each) => sum + each.count, 0);
  if (total === 0) return "";
  return `: ${count(total)} that should run ${total === 1 ? "is" : "are"} down already`;
}

function lossText({ scope, guestsAffected, guestsLeftBehind, leftBehind }: Report["losses"][0]) {
  const lines = leftBehind.slice(0, NAMED_MAX).map(({ guest, reasons }) => {
    const name = guest ? `${guest.tenant.name}/${guest.name}` : "a guest that is gone";
    return `  • ${name}: ${reasons.map(({ message }) => message).join("; ")}`;
  });
  const more = guestsLeftBehind - lines.length;
  if (more > 0) lines.push(`  • and ${more} more`);
  const advice = new Set(leftBehind.flatMap(({ reasons }) => reasons.map((one) => one.advice)));
  return [
    `${scope?.name ?? "something that is gone"}: ${count(guestsAffected)} affected, ${guestsLeftBehind} would not come back`,
    ...lines,
    ...[...advice].map((text) => `    → ${text}`),
  ].join("\n");
}

function count(guests: number): string {
  return guests === 1 ? "1 guest" : `${guests} guests`;
}
