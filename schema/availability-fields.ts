import { type Measured, ninesOf, ratioOf } from "./availability.ts";
import type { AvailabilityReport } from "./availability-query.ts";
import { builder } from "./builder.ts";
import { Guest } from "./guest.ts";
import { Region } from "./region.ts";
import { VOLATILE } from "./volatile.ts";
import { Zone } from "./zone.ts";

const SECOND_MS = 1000;

export const WindowInput = builder.inputType("Window", {
  description: `A time to look at: \`seconds\` (a day when not given) up to \`to\`, or all from \`from\` to \`to\`. Without \`to\` it ends now.`,
  fields: (t) => ({
    from: t.field({ type: "DateTime" }),
    to: t.field({ type: "DateTime" }),
    seconds: t.float(),
  }),
});
const seconds = (ms: number) => ms / SECOND_MS;

export const Availability = builder.objectRef<AvailabilityReport>("Availability").implement({
  description:
    "Measured from the event log, never estimated. Time in which a guest was not asked to run counts as neither up nor down; for a zone or region it is the guest-time spent there.",
  fields: (t) => ({
    from: t.field({
      type: "DateTime",
      description: "Where measuring really begins: later than asked for when the log does.",
      resolve: ({ window }) => window.fromMs,
    }),
    to: t.field({ type: "DateTime", resolve: ({ window }) => window.toMs }),
    upSeconds: t.float({ resolve: ({ upMs }) => seconds(upMs) }),
    downSeconds: t.float({ resolve: ({ downMs }) => seconds(downMs) }),
    ratio: t.float({
      description: "up / (up + down); 1 when nothing was in service.",
      resolve: (measured: Measured) => ratioOf(measured),
    }),
    nines: t.float({
      description: "-log10(1 - ratio), 9 at most.",
      resolve: (measured: Measured) => ninesOf(ratioOf(measured)),
    }),
    outages: t.exposeInt("outages"),
    longestOutageSeconds: t.float({ resolve: (report) => seconds(report.longestOutageMs) }),
    targetRatio: t.float({
      nullable: true,
      description: "What was promised; null while nothing is.",
      resolve: () => null,
    }),
    metTarget: t.boolean({ nullable: true, resolve: () => null }),
  }),
});

const args = builder.args((t) => ({ window: t.field({ type: WindowInput }) }));

builder.drizzleObjectField(Guest, "availability", (t) =>
  t.field({
    type: Availability,
    args,
    extensions: VOLATILE,
    resolve: (guest, { window }, { loaders }) => loaders.availability(guest.id, window ?? {}),
  }),
);

builder.drizzleObjectField(Zone, "availability", (t) =>
  t.field({
    type: Availability,
    args,
    extensions: VOLATILE,
    resolve: (zone, { window }, { loaders }) => loaders.zonesAvailability([zone.id], window ?? {}),
  }),
);

builder.drizzleObjectField(Region, "availability", (t) =>
  t.field({
    type: Availability,
    args,
    extensions: VOLATILE,
    resolve: async (region, { window }, { loaders }) =>
      loaders.zonesAvailability((await loaders.zonesOfRegion.load(region.id)) ?? [], window ?? {}),
  }),
);
