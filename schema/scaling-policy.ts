import {
  type ScalingPolicy as Policy,
  SCALING_DEFAULTS,
  type ScalingStep as Step,
} from "../src/model/scaling.ts";
import type { scalingGroups } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { refuse } from "./command.ts";
import { PredictiveMode, ScalingPolicyKind } from "./enums.ts";

/** A policy as it stands in its group, with when it is due next. */
export interface ShownPolicy {
  readonly policy: Policy;
  readonly group: typeof scalingGroups.$inferSelect;
  readonly nextAtMs: number | null;
}

const ScalingStep = builder.objectRef<Step>("ScalingStep").implement({
  description: "While the metric is at least `from` and less than `below`; null is unbounded.",
  fields: (t) => ({
    from: t.exposeFloat("from", { nullable: true }),
    below: t.exposeFloat("below", { nullable: true }),
    change: t.exposeInt("change", { description: "Members more or fewer." }),
  }),
});

const METRIC =
  "`CPU` or `MEMORY` in percent of what warm members have, or the name of one that is pushed (putMetric).";
const TARGET =
  "TARGET_TRACKING and PREDICTIVE: what each member is to have: percent of CPU or MEMORY, or so much of the pushed metric, which is of the whole group.";
const CRON =
  "SCHEDULED: five fields, minute to day of the week, or six with seconds first; as in cron.";

export const ScalingPolicy = builder.objectRef<ShownPolicy>("ScalingPolicy").implement({
  description:
    "What moves a group's size. Of several the largest wish wins. Fields that are not of its kind are null.",
  fields: (t) => ({
    name: t.string({ resolve: ({ policy }) => policy.name }),
    kind: t.field({ type: ScalingPolicyKind, resolve: ({ policy }) => policy.kind }),
    metric: t.string({
      nullable: true,
      description: METRIC,
      resolve: ({ policy }) => (policy.kind === "SCHEDULED" ? null : policy.metric),
    }),
    target: t.float({
      nullable: true,
      description: TARGET,
      resolve: ({ policy }) => ("target" in policy ? policy.target : null),
    }),
    scaleOutOnly: t.boolean({
      nullable: true,
      description: "TARGET_TRACKING: it never makes the group smaller.",
      resolve: ({ policy }) => (policy.kind === "TARGET_TRACKING" ? policy.scaleOutOnly : null),
    }),
    mode: t.field({
      type: PredictiveMode,
      nullable: true,
      description: "PREDICTIVE.",
      resolve: ({ policy }) => (policy.kind === "PREDICTIVE" ? policy.mode : null),
    }),
    steps: t.field({
      type: [ScalingStep],
      nullable: true,
      description: "STEP.",
      resolve: ({ policy }) => (policy.kind === "STEP" ? [...policy.steps] : null),
    }),
    cron: t.string({
      nullable: true,
      description: CRON,
      resolve: ({ policy }) => scheduled(policy)?.cron ?? null,
    }),
    timeZone: t.string({
      nullable: true,
      description: "SCHEDULED: of the IANA time zone database.",
      resolve: ({ policy }) => scheduled(policy)?.timeZone ?? null,
    }),
    min: t.int({
      nullable: true,
      description: "SCHEDULED: what the group's min is set to; null: it stays.",
      resolve: ({ policy }) => scheduled(policy)?.min ?? null,
    }),
    max: t.int({ nullable: true, resolve: ({ policy }) => scheduled(policy)?.max ?? null }),
    desired: t.int({ nullable: true, resolve: ({ policy }) => scheduled(policy)?.desired ?? null }),
    nextAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "SCHEDULED: when it is due next.",
      resolve: ({ nextAtMs }) => nextAtMs,
    }),
  }),
});

function scheduled(policy: Policy): Extract<Policy, { kind: "SCHEDULED" }> | null {
  return policy.kind === "SCHEDULED" ? policy : null;
}

const ScalingStepInput = builder.inputType("ScalingStepInput", {
  fields: (t) => ({
    from: t.float({ description: "The step holds from this value on." }),
    below: t.float({ description: "The step holds below this value." }),
    change: t.int({ required: true, description: "Members more or fewer; not 0." }),
  }),
});

export const ScalingPolicyInput = builder.inputType("ScalingPolicyInput", {
  description: "What its kind needs is to be given, and nothing else.",
  fields: (t) => ({
    name: t.string({ required: true }),
    kind: t.field({ type: ScalingPolicyKind, required: true }),
    metric: t.string({ description: METRIC }),
    target: t.float({ description: TARGET }),
    scaleOutOnly: t.boolean({ description: "TARGET_TRACKING: it never makes the group smaller." }),
    mode: t.field({
      type: PredictiveMode,
      description: `PREDICTIVE: ${SCALING_DEFAULTS.mode} when not given.`,
    }),
    steps: t.field({ type: [ScalingStepInput], description: "STEP." }),
    cron: t.string({ description: CRON }),
    timeZone: t.string({
      description: `SCHEDULED: of the IANA time zone database; ${SCALING_DEFAULTS.timeZone} when not given.`,
    }),
    min: t.int({ description: "SCHEDULED: sets the group's min." }),
    max: t.int(),
    desired: t.int(),
  }),
});

type Given = typeof ScalingPolicyInput.$inferInput;

const FIELDS: Readonly<Record<Policy["kind"], readonly (keyof Given)[]>> = {
  TARGET_TRACKING: ["metric", "target", "scaleOutOnly"],
  STEP: ["metric", "steps"],
  SCHEDULED: ["cron", "timeZone", "min", "max", "desired"],
  PREDICTIVE: ["metric", "target", "mode"],
};

/** Throws `Refused`. */
export function toPolicy(input: Given, index: number): Policy {
  const { name, kind } = input;
  const path = ["policies", String(index)];
  const needs = <T>(value: T | null | undefined, field: string): T => {
    if (value != null) return value;
    throw refuse("INVALID_INPUT", `Policy ${name}: ${kind} needs ${field}.`, ...path, field);
  };
  for (const [field, value] of Object.entries(input)) {
    const isOwn = field === "name" || field === "kind" || FIELDS[kind].includes(field as never);
    if (value != null && !isOwn)
      throw refuse("INVALID_INPUT", `Policy ${name}: ${kind} has no ${field}.`, ...path, field);
  }
  switch (kind) {
    case "TARGET_TRACKING":
      return {
        kind,
        name,
        metric: needs(input.metric, "metric"),
        target: needs(input.target, "target"),
        scaleOutOnly: input.scaleOutOnly ?? false,
      };
    case "STEP":
      return {
        kind,
        name,
        metric: needs(input.metric, "metric"),
        steps: needs(input.steps, "steps").map(({ from, below, change }) => ({
          from: from ?? null,
          below: below ?? null,
          change,
        })),
      };
    case "PREDICTIVE":
      return {
        kind,
        name,
        metric: needs(input.metric, "metric"),
        target: needs(input.target, "target"),
        mode: input.mode ?? SCALING_DEFAULTS.mode,
      };
    case "SCHEDULED":
      return {
        kind,
        name,
        cron: needs(input.cron, "cron"),
        timeZone: input.timeZone ?? SCALING_DEFAULTS.timeZone,
        min: input.min ?? null,
        max: input.max ?? null,
        desired: input.desired ?? null,
      };
  }
}
