/** What scaling groups have learned. */

import { index, integer, snakeCase, text } from "drizzle-orm/sqlite-core";
import type { LoadHistoryId, ScalingGroupId } from "../model/ids.ts";
import { scalingGroups } from "./tables.ts";

export const loadHistories = snakeCase.table(
  "load_histories",
  {
    id: integer().primaryKey().$type<LoadHistoryId>(),
    groupId: integer()
      .notNull()
      .$type<ScalingGroupId>()
      .references(() => scalingGroups.id),
    metric: text().notNull(),
    fromSlot: integer().notNull(),
    loads: text({ mode: "json" }).$type<readonly (number | null)[]>().notNull(),
  },
  (t) => [index("load_histories_group").on(t.groupId)],
);
