import { type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { durationText, parseSeconds } from "./durations.ts";
import { ask } from "./request.ts";

export const cost: Command = {
  name: "cost",
  synopsis: "[DURATION] [--json] [--url URL]",
  summary: "What the fleet used lately, and what it saved by sharing machines",
  details: `DURATION is how far to look back, as 6h or 30d (default: 24h).
A machine for each guest is reckoned with the average host of its zone.`,
  options: {
    json: { description: "The whole report, as one JSON object" },
    ...URL_OPTION,
  },
  examples: ["evenkeel cost", "evenkeel cost 30d", "evenkeel cost 1h --json"],
  async run(args) {
    const [text = "24h", ...more] = args.positionals;
    if (more.length > 0) throw new UsageError("Give one duration, as in 'evenkeel cost 6h'");
    const window = { seconds: parseSeconds(text) };
    const { report } = await ask<{ report: Report }>(serverUrl(args), QUERY, { window });
    const shown = args.flag("json") ? JSON.stringify(report, null, 2) : reportText(report);
    process.stdout.write(`${shown}\n`);
    return 0;
  },
};

interface Cost {
  readonly energyKwh: number;
  readonly estimatedEnergyKwh: number;
  readonly hostHours: number;
  readonly standbyHostHours: number;
  readonly offHostHours: number;
  readonly guestHours: number;
  readonly cpuDemandCoreHours: number;
  readonly cpuGrantedCoreHours: number;
  readonly consolidationRatio: number;
  readonly oneToAMachine: {
    readonly hostHours: number;
    readonly energyKwh: number;
    readonly savedHostHours: number;
    readonly savedEnergyKwh: number;
  };
  readonly standby: { readonly hostHours: number; readonly savedEnergyKwh: number };
  readonly migrations: { readonly count: number; readonly cpuLostCoreHours: number };
  readonly elasticity: {
    readonly memberHours: number;
    readonly savedMemberHours: number;
    readonly savedCoreHours: number;
  };
}

interface Report extends Cost {
  readonly from: string;
  readonly to: string;
  readonly meteredHours: number;
  readonly zones: readonly (Cost & { readonly zone: { readonly name: string } | null })[];
}

const COST = `energyKwh estimatedEnergyKwh hostHours standbyHostHours offHostHours guestHours
  cpuDemandCoreHours cpuGrantedCoreHours consolidationRatio
  oneToAMachine { hostHours energyKwh savedHostHours savedEnergyKwh }
  standby { hostHours savedEnergyKwh } migrations { count cpuLostCoreHours }
  elasticity { memberHours savedMemberHours savedCoreHours }`;

const QUERY = `query Cost($window: Window) {
  report: costReport(window: $window) { from to meteredHours ${COST} zones { zone { name } ${COST} } }
}`;

const HEADINGS = ["", "kWh", "hosts h", "standby h", "guests h", "ratio", "alone kWh", "moves"];

function reportText(report: Report): string {
  if (report.meteredHours === 0) return "Nothing was metered in that time.";
  const zones = report.zones.map((zone) => rowOf(zone.zone?.name ?? "(gone)", zone));
  return [
    `${report.from} to ${report.to}, ${durationText(report.meteredHours * 3_600_000)} of it metered`,
    table([HEADINGS, ...zones, rowOf("fleet", report)]),
    [...savings(report), ...spendings(report), ...estimate(report)].join("\n"),
  ].join("\n\n");
}

function rowOf(name: string, cost: Cost): string[] {
  return [
    name,
    amount(cost.energyKwh),
    amount(cost.hostHours),
    amount(cost.standbyHostHours),
    amount(cost.guestHours),
    amount(cost.consolidationRatio),
    amount(cost.oneToAMachine.energyKwh),
    String(cost.migrations.count),
  ];
}

function savings({ oneToAMachine, standby, elasticity }: Report): string[] {
  const { savedHostHours, savedEnergyKwh } = oneToAMachine;
  return [
    `A machine for each guest would have cost ${difference(savedHostHours, "machine hours")} and ${difference(savedEnergyKwh, "kWh")}.`,
    ...(standby.hostHours > 0
      ? [
          `Standby saved ${amount(standby.savedEnergyKwh)} kWh in ${amount(standby.hostHours)} host hours.`,
        ]
      : []),
    ...(elasticity.savedMemberHours > 0
      ? [
          `Scaling groups had members for ${amount(elasticity.memberHours)} h; always at their max they would have had ${amount(elasticity.savedMemberHours)} h more, with ${amount(elasticity.savedCoreHours)} core hours.`,
        ]
      : []),
  ];
}

function spendings({ migrations: { count, cpuLostCoreHours } }: Report): string[] {
  if (count === 0) return [];
  const moves = count === 1 ? "1 migration" : `${count} migrations`;
  return [`${moves} took ${amount(cpuLostCoreHours)} core hours from guests.`];
}

function estimate({ energyKwh, estimatedEnergyKwh }: Report): string[] {
  if (estimatedEnergyKwh === 0) return [];
  const part = Math.round((100 * estimatedEnergyKwh) / energyKwh);
  return [`${part} % of the energy is an estimate: hosts without a power model.`];
}

function difference(saved: number, unit: string): string {
  return `${amount(Math.abs(saved))} ${unit} ${saved < 0 ? "less" : "more"}`;
}

/** Three digits that say something, and all of a large number. */
function amount(value: number): string {
  const digits =
    Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
