import type { AffinityRule } from "../../model/entities.ts";
import { contradictionsAmong } from "../controllers/contradictions/contradictions.ts";
import { isSatisfiable } from "../controllers/contradictions/satisfiable.ts";
import { sitesOf } from "../controllers/contradictions/sites.ts";
import { isInForce } from "../placement/rule-index.ts";
import type { State } from "../state.ts";
import { broken } from "./claim.ts";

/** Rules in force can all be obeyed, and each one that is out of force can't be, with those it names. */
export function contradictionsAreTold(state: State): string[] {
  const { tables } = state;
  const sites = sitesOf(state);
  const rules = tables.AffinityRule.sorted().filter(({ strict, disabled }) => strict && !disabled);
  const obeyed = contradictionsAmong(rules.filter(isInForce), sites);
  const wrong = obeyed.flat().map(({ name }) => `rule ${name} is in force and can't be obeyed`);
  return [...wrong, ...tables.AffinityRule.sorted().flatMap((rule) => isRightlyOut(rule))];

  function isRightlyOut(rule: AffinityRule): string[] {
    if (rule.contradicts.length === 0) return [];
    const others = rule.contradicts.map((id) => tables.AffinityRule.find(id));
    const known = others.filter((other) => other !== undefined);
    const part = [...new Set([rule, ...known])];
    return broken(`rule ${rule.name}`, [
      [known.length === others.length, "contradicts a rule that is gone"],
      [
        part.every(({ strict, disabled }) => strict && !disabled),
        "contradicts what nobody asks for",
      ],
      [!isSatisfiable(part, sites), "is out of force and could be obeyed"],
    ]);
  }
}
