import type { AffinityRule } from "../../../model/entities.ts";
import type { FleetEvent } from "../../../model/events.ts";
import type { AffinityRuleId, Seq } from "../../../model/ids.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";
import { nameOf } from "../../name-of.ts";
import type { State } from "../../state.ts";
import { minimalPart } from "./minimal.ts";
import { isSatisfiable } from "./satisfiable.ts";
import { type Site, sitesOf } from "./sites.ts";

/**
 * Contradictions: strict rules that can't all be obeyed are not obeyed halfway. Each rule of such a
 * set is put out of force and says which others it contradicts, until one of them changes or the
 * fleet does. Only rules that share guests with what changed are looked at.
 */
export function checkContradictions(ctx: Context): void {
  const facts = ctx.events.slice(ctx.rulesCheckedTo).filter(mayMatter);
  ctx.rulesCheckedTo = ctx.events.length;
  const cause = facts.at(-1)?.seq;
  if (cause === undefined) return;
  const seen = new Set<AffinityRuleId>();
  let sites: readonly Site[] | null = null;
  for (const id of toCheck(ctx.state, facts)) {
    if (seen.has(id)) continue;
    const linked = ctx.state.indexes.writtenRules.linkedTo(id);
    for (const rule of linked) seen.add(rule.id);
    sites ??= sitesOf(ctx.state);
    tell(ctx, linked, contradictionsAmong(linked, sites), cause);
  }
  ctx.rulesCheckedTo = ctx.events.length;
}

const CHANGES = [
  "AffinityRuleCreated",
  "AffinityRuleChanged",
  "AffinityRuleRemoved",
  "HostAdded",
  "HostRemoved",
] as const;
type Change = FleetEvent<(typeof CHANGES)[number]>;

function mayMatter(event: FleetEvent): event is Change {
  return (CHANGES as readonly string[]).includes(event.kind);
}

/** In order of id. More hosts can only end contradictions; fewer can make them anywhere. */
function toCheck(state: State, facts: readonly Change[]): AffinityRuleId[] {
  const { writtenRules } = state.indexes;
  const added = facts.filter(({ kind }) => kind === "HostAdded").length;
  // Without any host there is nothing to judge rules by: the first ones are as good as a change of all.
  const isFirst = added > 0 && added >= state.tables.Host.size;
  if (isFirst || facts.some(({ kind }) => kind === "HostRemoved")) return writtenRules.strict;
  const changed = new Set(facts.flatMap(({ payload }) => ("rule" in payload ? payload.rule : [])));
  const partners = writtenRules.contradicting.filter(
    (id) =>
      added > 0 || state.tables.AffinityRule.get(id).contradicts.some((it) => changed.has(it)),
  );
  return [...new Set([...changed, ...partners])]
    .filter((id) => writtenRules.isStrict(id))
    .sort((a, b) => a - b);
}

/** Sets of rules that can't all be obeyed, as small as can be and apart from each other. */
export function contradictionsAmong(
  rules: readonly AffinityRule[],
  sites: readonly Site[],
): (readonly AffinityRule[])[] {
  const found: (readonly AffinityRule[])[] = [];
  const holds = (part: readonly AffinityRule[]) => isSatisfiable(part, sites);
  let rest = rules;
  while (rest.length > 0 && !holds(rest)) {
    const part = minimalPart(rest, holds);
    found.push(part);
    rest = rest.filter((rule) => !part.includes(rule));
  }
  return found;
}

function tell(
  ctx: Context,
  rules: readonly AffinityRule[],
  found: readonly (readonly AffinityRule[])[],
  cause: Seq,
): void {
  for (const rule of rules) {
    const part = found.find((each) => each.includes(rule)) ?? [];
    const contradicts = namedBy(rule, part).map(({ id }) => id);
    if (contradicts.join() === rule.contradicts.join()) continue;
    if (contradicts.length === 0) ctx.emit("AffinityRuleEnabled", { rule: rule.id }, cause);
    else {
      const reasons = reasonsOf(ctx.state, rule, contradicts);
      ctx.emit("AffinityRuleDisabled", { rule: rule.id, reasons }, cause);
    }
  }
}

/** The others of its set; itself where nobody else is needed to make it impossible. */
function namedBy(rule: AffinityRule, part: readonly AffinityRule[]): readonly AffinityRule[] {
  return part.length === 1 ? part : part.filter((other) => other !== rule);
}

/** Why a rule is out of force, one reason for each rule that it contradicts. */
export function reasonsOf(
  state: State,
  rule: AffinityRule,
  contradicts: readonly AffinityRuleId[] = rule.contradicts,
): Reason[] {
  return contradicts.map((ruleId) => {
    const other = state.tables.AffinityRule.get(ruleId);
    const message =
      other.id === rule.id
        ? `nothing can satisfy it: it ${demandOf(state, rule)}, and there are not enough such places`
        : `it can't be obeyed together with rule ${other.name}, which ${demandOf(state, other)}`;
    return { code: "RULE_CONTRADICTION" as const, message, ruleId };
  });
}

function demandOf(state: State, rule: AffinityRule): string {
  const guests = listed(rule.guestIds.map((id) => nameOf(state, "Guest", id)));
  if (rule.kind === "HOST")
    return `keeps ${guests} on ${listed(rule.hosts.map(({ hostId }) => nameOf(state, "Host", hostId)))}`;
  const scope = (rule.scope ?? "HOST").toLowerCase();
  return rule.polarity === "APART"
    ? `keeps ${guests} on different ${scope}s`
    : `keeps ${guests} on one ${scope}`;
}

const NAMES_SHOWN = 3;
function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
