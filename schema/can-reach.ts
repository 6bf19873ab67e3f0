import { formatCursor } from "../src/model/log.ts";
import type { FlowVerdict, ReachAnswer } from "../src/runtime/ports.ts";
import { badInput } from "./bad-input.ts";
import { builder } from "./builder.ts";
import { Protocol } from "./enums.ts";
import { argumentId } from "./ids.ts";
import { SecurityGroup, SecurityRule } from "./security-group.ts";
import { VOLATILE } from "./volatile.ts";

const Verdict = builder.objectRef<FlowVerdict>("ReachVerdict").implement({
  description: "What the security groups at one end say.",
  fields: (t) => ({
    allowed: t.boolean({ resolve: ({ rule }) => rule !== null }),
    group: t.field({
      type: SecurityGroup,
      nullable: true,
      description: "The group whose rule allows it; null when none does.",
      resolve: (verdict, _args, { loaders }) => loaders.entity("SecurityGroup", verdict.groupId),
    }),
    rule: t.field({
      type: SecurityRule,
      nullable: true,
      description: "The rule that allows it; null when none does: what is not allowed is denied.",
      resolve: (verdict) => verdict.rule,
    }),
    reason: t.exposeString("reason"),
  }),
});

const Reach = builder.objectRef<ReachAnswer>("Reach").implement({
  description: "Whether one guest can open a connection to another, and what decides it.",
  fields: (t) => ({
    reachable: t.exposeBoolean("reachable", {
      description: "It gets through now. In the simulated world it was tried.",
    }),
    obstacle: t.exposeString("obstacle", {
      nullable: true,
      description:
        "What stands in its way whatever the rules say: a guest that does not run, a host that hangs, a network that is cut. Null when nothing does.",
    }),
    egress: t.expose("egress", {
      type: Verdict,
      description: "What lets it leave the first guest.",
    }),
    ingress: t.expose("ingress", { type: Verdict, description: "What lets it into the second." }),
    cursor: t.field({
      type: "Cursor",
      description: "The log position of the rules that this is true for.",
      resolve: ({ seq }, _args, { runtime }) => formatCursor(runtime.feed.epoch, seq),
    }),
  }),
});

builder.queryField("canReach", (t) =>
  t.field({
    type: Reach,
    description:
      "Whether a connection from one guest to another gets through. Without a port, or of ANY protocol, only a rule for all of them allows it.",
    args: {
      from: t.arg.id({ required: true }),
      to: t.arg.id({ required: true }),
      protocol: t.arg({ type: Protocol, defaultValue: "ANY" }),
      port: t.arg.int(),
    },
    extensions: VOLATILE,
    resolve: async (_root, { from, to, protocol, port }, { runtime }) => {
      const ids = { from: argumentId("Guest", from, "from"), to: argumentId("Guest", to, "to") };
      if (ids.from === null) throw badInput("from", "is not the id of a guest");
      if (ids.to === null) throw badInput("to", "is not the id of a guest");
      if (port != null && (port < 1 || port > 65_535))
        throw badInput("port", "must be from 1 to 65535");
      if (port != null && protocol !== "TCP" && protocol !== "UDP")
        throw badInput("port", "is for TCP and UDP alone");
      const flow = { protocol: protocol ?? "ANY", port: port ?? null };
      const answer = await runtime.queries.canReach(ids.from, ids.to, flow);
      if (!answer) throw badInput("from or to", "is the id of a guest that is gone");
      return answer;
    },
  }),
);
