import type { GroupRefresh as Refresh } from "../src/model/group-refresh.ts";
import { builder } from "./builder.ts";
import { RefreshStatus } from "./enums.ts";

export const MIN_HEALTHY =
  "So many percent of what the group is to have serve at least, warm and well, as far as the refresh is concerned; rounded up.";
export const CHECKPOINTS =
  "It waits each time when new members serve in so many percent of the places; ascending, from 1 to 100.";
export const CHECKPOINT_WAIT = "For so long.";
export const AUTO_ROLLBACK =
  "When three new members have failed it goes back to the template before; else it stops there.";
export const SKIP_MATCHING = "Members that were made of the template stay; else all are replaced.";

export const GroupRefresh = builder.objectRef<Refresh>("GroupRefresh").implement({
  description:
    "Members are replaced, a few at a time, by others of the group's template. It goes on while its status is IN_PROGRESS, AT_CHECKPOINT or ROLLING_BACK.",
  fields: (t) => ({
    status: t.expose("status", { type: RefreshStatus }),
    percent: t.exposeInt("percent", {
      description: "Of the members that are to be replaced, those in whose place a new one serves.",
    }),
    fromRevision: t.int({
      nullable: true,
      description: "The template that it can go back to; null when there is none.",
      resolve: ({ from }) => from?.revision ?? null,
    }),
    toRevision: t.exposeInt("toRevision"),
    minHealthyPercent: t.exposeInt("minHealthyPercent", { description: MIN_HEALTHY }),
    checkpointPercents: t.intList({
      description: CHECKPOINTS,
      resolve: ({ checkpointPercents }) => [...checkpointPercents],
    }),
    checkpointWaitSeconds: t.exposeFloat("checkpointWaitSeconds", {
      description: CHECKPOINT_WAIT,
    }),
    autoRollback: t.exposeBoolean("autoRollback", { description: AUTO_ROLLBACK }),
    skipMatching: t.exposeBoolean("skipMatching", { description: SKIP_MATCHING }),
    checkpoint: t.int({
      nullable: true,
      description: "In percent: the one that it came to last; null before the first.",
      resolve: ({ checkpoints, checkpointPercents }) => checkpointPercents[checkpoints - 1] ?? null,
    }),
    waitsUntil: t.field({
      type: "DateTime",
      nullable: true,
      description: "At a checkpoint.",
      resolve: ({ waitsUntilMs }) => waitsUntilMs,
    }),
    failures: t.exposeInt("failures", { description: "New members that failed." }),
    reason: t.exposeString("reason", {
      nullable: true,
      description: "Why it failed, goes back or was cancelled.",
    }),
    startedAt: t.field({ type: "DateTime", resolve: ({ startedAtMs }) => startedAtMs }),
    endedAt: t.field({
      type: "DateTime",
      nullable: true,
      resolve: ({ endedAtMs }) => endedAtMs,
    }),
  }),
});
