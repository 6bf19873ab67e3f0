import { ADVICE } from "../src/model/advice.ts";
import type { Reason as ReasonValue } from "../src/model/reasons.ts";
import { AffinityRule } from "./affinity-rule.ts";
import { builder } from "./builder.ts";
import { ReasonCode } from "./enums.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";

export const Reason = builder.objectRef<ReasonValue>("Reason").implement({
  description: "Why something is not as it was asked for, in words a person can act on.",
  fields: (t) => ({
    code: t.expose("code", { type: ReasonCode }),
    message: t.string({
      resolve: (reason, _args, { runtime }) => runtime.sight.reason(reason).message,
    }),
    advice: t.string({
      description: "What a person can do about it.",
      resolve: ({ code }) => ADVICE[code],
    }),
    host: t.field({
      type: Host,
      nullable: true,
      resolve: (reason, _args, { loaders }) => loaders.entity("Host", reason.hostId ?? null),
    }),
    guest: t.field({
      type: Guest,
      nullable: true,
      resolve: (reason, _args, { loaders }) => loaders.entity("Guest", reason.guestId ?? null),
    }),
    rule: t.field({
      type: AffinityRule,
      nullable: true,
      resolve: (reason, _args, { loaders }) =>
        loaders.entity("AffinityRule", reason.ruleId ?? null),
    }),
  }),
});
