import type { Command, Outcome } from "../../../model/commands.ts";
import type { Settings } from "../../../model/settings.ts";
import type { Context } from "../../context.ts";
import { Refusal } from "../../refusal.ts";
import { checkContradictions } from "../contradictions/contradictions.ts";
import { completeDefaultGroups } from "../default-groups.ts";
import { checkBackends } from "./backends.ts";
import { planCatalogue } from "./catalogue.ts";
import { planGuests } from "./guests.ts";
import { planLoadBalancers } from "./load-balancers.ts";
import { differences, Plan } from "./plan.ts";
import { planPruning } from "./prune.ts";
import { ruleWarnings } from "./rule-warnings.ts";
import { planRules } from "./rules.ts";
import { planScalingGroups } from "./scaling-groups.ts";
import { planSecurityGroups } from "./security-groups.ts";
import { checkOffers, planTopology } from "./topology.ts";

/**
 * Makes the fleet what a document says. All of it is checked before anything is done; applied twice,
 * the second time does nothing. What the document does not name stays, unless it is to be pruned.
 */
export function applyFleet(
  ctx: Context,
  { spec, dryRun, prune }: Extract<Command, { kind: "APPLY_FLEET" }>,
): Outcome {
  const plan = new Plan(ctx);
  planSettings(plan, spec.settings);
  planTopology(plan, spec);
  checkOffers(plan, spec);
  planCatalogue(plan, spec);
  planSecurityGroups(plan, spec);
  planGuests(plan, spec, prune);
  planScalingGroups(plan, spec);
  planRules(plan, spec);
  planLoadBalancers(plan, spec);
  checkBackends(plan, spec, prune);
  if (prune) planPruning(plan, spec);
  if (plan.problems.length > 0) throw refusalOf(plan);
  // A dry run is carried out too, so that it finds all that the real one would; its facts are dropped.
  if (plan.steps.length > 0) carryOut(ctx, plan);
  const changes = plan.steps.map(({ run: _run, ...change }) => change);
  const warnings = ruleWarnings(ctx.state, spec);
  return { kind: "FLEET", changes, unchanged: plan.unchanged, warnings, dryRun };
}

function refusalOf({ problems }: Plan): Refusal {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new Refusal("INVALID_INPUT", `${first?.message}${more}`, ["document"], problems);
}

function carryOut(ctx: Context, plan: Plan): void {
  const counts = {
    created: plan.count("CREATE"),
    updated: plan.count("UPDATE"),
    deleted: plan.count("DELETE"),
  };
  const cause = ctx.emitAsActor("FleetApplied", counts, null);
  for (const step of plan.steps) step.run(cause);
  completeDefaultGroups(ctx, cause);
  checkContradictions(ctx);
}

function planSettings(plan: Plan, wanted: Partial<Settings>): void {
  const { settings } = plan.ctx.state.meta;
  const definition: Settings = { ...settings, ...wanted };
  if (definition.fenceAfterSeconds <= definition.suspectAfterSeconds)
    plan.problem(["settings"], "fenceAfterSeconds must be longer than suspectAfterSeconds.");
  if (definition.suspectAfterSeconds < 2 * definition.heartbeatSeconds)
    plan.problem(["settings"], "suspectAfterSeconds must be at least two heartbeats.");
  if (definition.watchdogSeconds <= definition.heartbeatSeconds)
    plan.problem(["settings"], "watchdogSeconds must be longer than heartbeatSeconds.");
  plan.settings = definition;
  const changes = differences(settings, wanted as Settings);
  if (changes.length === 0) return;
  plan.update("Settings", "settings", changes, (cause) =>
    plan.ctx.emitAsActor("SettingsChanged", { changes, definition }, cause),
  );
}
