import { type MeasuredStarts, type Starts, type StartsOfImage, startsIn } from "./agility-query.ts";
import { WindowInput } from "./availability-fields.ts";
import { builder } from "./builder.ts";
import { costs } from "./cost.ts";
import { Image } from "./image.ts";
import { VOLATILE } from "./volatile.ts";
import { windowOf } from "./window.ts";
import { Zone } from "./zone.ts";

const SECOND_MS = 1000;

const Agility = builder.interfaceRef<Starts>("Agility").implement({
  description:
    "How long it took from the request to the running guest: from createGuest, startGuest, a fleet document or a scaling group's step until it ran, with all waiting and failed attempts between. Percentiles by nearest rank; 0 without starts.",
  fields: (t) => ({
    starts: t.exposeInt("starts"),
    p50Seconds: t.float({ resolve: ({ p50Ms }) => p50Ms / SECOND_MS }),
    p99Seconds: t.float({ resolve: ({ p99Ms }) => p99Ms / SECOND_MS }),
  }),
});

const ImageAgility = builder.objectRef<StartsOfImage>("ImageAgility").implement({
  interfaces: [Agility],
  description: "Starts of one image in one zone.",
  fields: (t) => ({
    image: t.field({
      type: Image,
      nullable: true,
      description: "Null when it has been removed since.",
      resolve: ({ imageId }, _args, { loaders }) => loaders.entity("Image", imageId),
    }),
    zone: t.field({
      type: Zone,
      nullable: true,
      description: "Null when it has been removed since.",
      resolve: ({ zoneId }, _args, { loaders }) => loaders.entity("Zone", zoneId),
    }),
  }),
});

const AgilityReport = builder.objectRef<MeasuredStarts>("AgilityReport").implement({
  interfaces: [Agility],
  description: "Of all starts that came to their end in the window.",
  fields: (t) => ({
    from: t.field({ type: "DateTime", resolve: ({ window }) => window.fromMs }),
    to: t.field({ type: "DateTime", resolve: ({ window }) => window.toMs }),
    images: t.field({
      type: [ImageAgility],
      description: "The same for each image in each zone where it was started.",
      resolve: ({ rows }) => [...rows],
    }),
  }),
});

builder.queryField("agilityReport", (t) =>
  t.field({
    type: AgilityReport,
    description:
      "How quickly guests came up that were asked for, as measured from the log: what retention has deleted of it is not counted. Principals of a tenant see their own guests' starts.",
    args: { window: t.arg({ type: WindowInput }) },
    // Reads all starts in the window.
    extensions: { ...costs({ own: 1_000 }), ...VOLATILE },
    resolve: (_root, { window }, { db, runtime }) =>
      startsIn(db, windowOf(window, runtime.nowMs())),
  }),
);
