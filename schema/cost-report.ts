import { GraphQLError } from "graphql";
import { type Amounts, MIGRATION_LOSS } from "../src/model/metering.ts";
import { WindowInput } from "./availability-fields.ts";
import { builder } from "./builder.ts";
import { costs } from "./cost.ts";
import { type Metered, meteredIn, type ZoneAmounts } from "./cost-report-query.ts";
import { VOLATILE } from "./volatile.ts";
import { windowOf } from "./window.ts";
import { Zone } from "./zone.ts";

const HOUR_MS = 3_600_000;
const MICROJOULES_PER_KWH = 3.6e12;
const MILLICORE_MS_PER_CORE_HOUR = 1000 * HOUR_MS;

const hours = (ms: number) => ms / HOUR_MS;
const kwh = (microjoules: number) => microjoules / MICROJOULES_PER_KWH;
const coreHours = (millicoreMs: number) => millicoreMs / MILLICORE_MS_PER_CORE_HOUR;

const OneToAMachine = builder.objectRef<Amounts>("OneToAMachineCost").implement({
  description: `What the same guests would have cost, each alone on a machine like those of its zone for as long as it ran: the average of the zone's hosts, in their CPU and in the watts of their power models at each level of load. Such a machine draws its power model's watts at the guest's own demand divided by the machine's CPU, 100 % at most, and nothing while the guest does not run.`,
  fields: (t) => ({
    hostHours: t.float({
      description: "A machine for each running guest: the same as guestHours.",
      resolve: ({ guestMs }) => hours(guestMs),
    }),
    energyKwh: t.float({ resolve: ({ aloneMicrojoules }) => kwh(aloneMicrojoules) }),
    savedHostHours: t.float({
      description: "What is spared by sharing: hostHours here less those that hosts were on.",
      resolve: ({ guestMs, hostOnMs }) => hours(guestMs - hostOnMs),
    }),
    savedEnergyKwh: t.float({
      description:
        "Energy here less what hosts drew; below zero where more was spent on idle hosts.",
      resolve: ({ aloneMicrojoules, microjoules }) => kwh(aloneMicrojoules - microjoules),
    }),
  }),
});

const StandbyCost = builder.objectRef<Amounts>("StandbyCost").implement({
  description: "What it saved that hosts were put in standby.",
  fields: (t) => ({
    hostHours: t.float({ resolve: ({ hostStandbyMs }) => hours(hostStandbyMs) }),
    savedEnergyKwh: t.float({
      description: "What the same hosts would have drawn in that time, had they been left on idle.",
      resolve: ({ standbySavedMicrojoules }) => kwh(standbySavedMicrojoules),
    }),
  }),
});

const MigrationCost = builder.objectRef<Amounts>("MigrationCost").implement({
  description: "What it cost that guests were moved while they ran, for whatever reason.",
  fields: (t) => ({
    count: t.int({
      description: "Migrations that arrived.",
      resolve: ({ migrations }) => Math.round(migrations),
    }),
    cpuLostCoreHours: t.float({
      description: `${MIGRATION_LOSS * 100} % of what guests asked for while they migrated (Beloglazov & Buyya 2012).`,
      resolve: ({ migratingDemandMillicoreMs }) =>
        coreHours(MIGRATION_LOSS * migratingDemandMillicoreMs),
    }),
  }),
});

const ElasticityCost = builder.objectRef<Amounts>("ElasticityCost").implement({
  description:
    "What it saved that scaling groups were as large as they had to be, and not always as large as they may be.",
  fields: (t) => ({
    memberHours: t.float({
      description: "Hours of members that groups were to have.",
      resolve: ({ memberMs }) => hours(memberMs),
    }),
    savedMemberHours: t.float({
      description: "Hours of further members up to the groups' max.",
      resolve: ({ sparedMemberMs }) => hours(sparedMemberMs),
    }),
    savedCoreHours: t.float({
      description: "CPU that those would have had, of the size of their group's first flavor.",
      resolve: ({ sparedMillicoreMs }) => coreHours(sparedMillicoreMs),
    }),
  }),
});

const Cost = builder.interfaceRef<Amounts>("Cost").implement({
  description: "What hosts and guests used in a time, of the fleet or of one zone.",
  fields: (t) => ({
    energyKwh: t.float({
      description:
        "What hosts drew by their power models, at the load that their guests' samples show; nothing while in standby or off.",
      resolve: ({ microjoules }) => kwh(microjoules),
    }),
    estimatedEnergyKwh: t.float({
      description: "Of that, what is reckoned for hosts without a power model.",
      resolve: ({ estimatedMicrojoules }) => kwh(estimatedMicrojoules),
    }),
    hostHours: t.float({
      description: "Hours that hosts were on, with guests or without.",
      resolve: ({ hostOnMs }) => hours(hostOnMs),
    }),
    standbyHostHours: t.float({ resolve: ({ hostStandbyMs }) => hours(hostStandbyMs) }),
    offHostHours: t.float({
      description: "Hours that hosts were off or down.",
      resolve: ({ hostOffMs }) => hours(hostOffMs),
    }),
    guestHours: t.float({
      description: "Hours that guests ran.",
      resolve: ({ guestMs }) => hours(guestMs),
    }),
    cpuDemandCoreHours: t.float({
      description: "CPU that guests asked for.",
      resolve: ({ demandMillicoreMs }) => coreHours(demandMillicoreMs),
    }),
    cpuGrantedCoreHours: t.float({
      description: "CPU that they were given.",
      resolve: ({ grantedMillicoreMs }) => coreHours(grantedMillicoreMs),
    }),
    consolidationRatio: t.float({
      description: "guestHours / hostHours; 0 when no host was on.",
      resolve: ({ guestMs, hostOnMs }) => (hostOnMs === 0 ? 0 : guestMs / hostOnMs),
    }),
    oneToAMachine: t.field({ type: OneToAMachine, resolve: (amounts) => amounts }),
    standby: t.field({ type: StandbyCost, resolve: (amounts) => amounts }),
    migrations: t.field({ type: MigrationCost, resolve: (amounts) => amounts }),
    elasticity: t.field({ type: ElasticityCost, resolve: (amounts) => amounts }),
  }),
});

const ZoneCost = builder.objectRef<ZoneAmounts>("ZoneCost").implement({
  interfaces: [Cost],
  fields: (t) => ({
    zone: t.field({
      type: Zone,
      nullable: true,
      description: "Null when it has been removed since.",
      resolve: ({ zoneId }, _args, { loaders }) => loaders.entity("Zone", zoneId),
    }),
  }),
});

const CostReport = builder.objectRef<Metered>("CostReport").implement({
  interfaces: [Cost],
  description:
    "What the fleet used, and what it saved by sharing machines. Metered as time goes by and kept for 396 days in stretches of five minutes; a window that cuts through one counts as much of it as lies inside.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      description: "The first that was metered: later than asked for when nothing was before.",
      resolve: ({ window }) => window.fromMs,
    }),
    to: t.field({
      type: "DateTime",
      description: "How far it is metered: a few seconds behind the present.",
      resolve: ({ window }) => window.toMs,
    }),
    meteredHours: t.float({
      description: "Of the time between, how much was metered: none while the server did not run.",
      resolve: ({ meteredMs }) => hours(meteredMs),
    }),
    zones: t.field({
      type: [ZoneCost],
      description: "The same for each zone that had hosts.",
      resolve: ({ zones }) => [...zones],
    }),
  }),
});

builder.queryField("costReport", (t) =>
  t.field({
    type: CostReport,
    description:
      "What the fleet used in a time, and what it saved. For principals of the whole fleet, whatever their role: those of a tenant are refused, since the energy of shared machines tells what others do there.",
    args: { window: t.arg({ type: WindowInput }) },
    // Sums over all stretches in the window.
    extensions: { ...costs({ own: 1_000 }), ...VOLATILE },
    resolve: (_root, { window }, { db, principal, runtime }) => {
      if (principal.tenantId !== null) throw refused();
      return meteredIn(db, windowOf(window, runtime.nowMs()));
    },
  }),
);

function refused(): GraphQLError {
  return new GraphQLError("This is for those who look after the whole fleet.", {
    extensions: { code: "FORBIDDEN" },
  });
}
