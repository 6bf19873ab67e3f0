import type { Runtime } from "../src/runtime/ports.ts";
import { faults } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import {
  FAULT_ORDER,
  Fault,
  FaultConnection,
  FaultFilter,
  FaultOrder,
  faultCondition,
} from "./fault.ts";
import { orderBy, pageQuery } from "./list.ts";
import { VOLATILE } from "./volatile.ts";

const ClockModeEnum = builder.enumType("ClockMode", {
  description: "How the fleet's time passes. MANUAL moves by advanceClock and only then.",
  values: ["REALTIME", "ACCELERATED", "MANUAL"] as const,
});

const Simulation = builder.objectRef<Runtime>("Simulation").implement({
  description: "The simulated world: its clock, and the faults in force.",
  fields: (t) => ({
    clock: t.field({ type: ClockModeEnum, resolve: (runtime) => runtime.clockMode.kind }),
    speed: t.float({
      nullable: true,
      description: "Fleet seconds for each real one; null when the clock is moved by hand.",
      resolve: ({ clockMode }) => {
        if (clockMode.kind === "MANUAL") return null;
        return clockMode.kind === "ACCELERATED" ? clockMode.factor : 1;
      },
    }),
    now: t.field({
      type: "DateTime",
      extensions: VOLATILE,
      resolve: (runtime) => runtime.nowMs(),
    }),
    faults: t.drizzleConnection(
      {
        type: Fault,
        args: {
          filter: t.arg({ type: FaultFilter }),
          orderBy: t.arg({ type: FaultOrder }),
        },
        totalCount: (_runtime, args, { db }) =>
          db.$count(faults, faultCondition(args.filter)(faults)),
        resolve: (query, _runtime, args, { db }) =>
          db.query.faults.findMany(
            query(pageQuery(args, faultCondition(args.filter), orderBy(FAULT_ORDER, args.orderBy))),
          ),
      },
      FaultConnection,
    ),
  }),
});

builder.queryField("simulation", (t) =>
  t.field({
    type: Simulation,
    nullable: true,
    description: "Null unless the simulated driver is on.",
    resolve: (_root, _args, { runtime }) => (runtime.simulated ? runtime : null),
  }),
);
