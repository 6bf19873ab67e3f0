import {
  POWER_MODELS,
  powerModelName,
  powerStateOf,
  powerWattsOf,
  wattsAt,
} from "../src/model/power.ts";
import { builder } from "./builder.ts";
import { Host } from "./host.ts";
import type { Row } from "./loaders.ts";
import { VOLATILE } from "./volatile.ts";

/** What hosts draw: their models, and the power of the moment. */

const PowerModel = builder.objectRef<Row<"Host">>("PowerModel").implement({
  description: "What a machine draws at each level of load.",
  fields: (t) => ({
    name: t.string({
      nullable: true,
      description: "Of the built-in model whose figures these are; null for others.",
      resolve: ({ powerWatts }) => powerModelName(powerWatts),
    }),
    watts: t.floatList({
      description: "Eleven figures: watts at 0, 10, … 100 % CPU utilisation, linear in between.",
      resolve: (host) => [...powerWattsOf({ ...host, capacity: host })],
    }),
    isEstimate: t.boolean({
      description:
        "The fleet document gives no model for it: it is taken to draw 0.74 W for each of its cores when idle and 3.5 W at full load.",
      resolve: ({ powerWatts }) => powerWatts === null,
    }),
    source: t.string({
      nullable: true,
      description:
        "Who measured it; null for figures that the fleet document gives, or an estimate.",
      resolve: ({ powerWatts }) => POWER_MODELS[powerModelName(powerWatts) ?? ""]?.source ?? null,
    }),
  }),
});

/** By the newest samples of its guests. */
function wattsNow(host: Row<"Host">, grantedMillicores: number): number {
  if (powerStateOf(host) !== "ON") return 0;
  const watts = powerWattsOf({ ...host, capacity: host });
  return wattsAt(watts, grantedMillicores / host.cpuMillicores);
}

builder.drizzleObjectFields(Host, (t) => ({
  powerModel: t.field({ type: PowerModel, resolve: (host) => host }),
  powerWatts: t.float({
    nullable: true,
    description:
      "What it draws now, by its power model and its guests' newest samples: 0 when it is off or in standby. Null for principals of a tenant: it would tell what others use.",
    extensions: VOLATILE,
    resolve: async (host, _args, { loaders, principal }) => {
      if (principal.tenantId !== null) return null;
      return wattsNow(host, (await loaders.hostUsage.load(host.id))?.cpuMillicores ?? 0);
    },
  }),
}));
