import SchemaBuilder, {
  BasePlugin,
  brandWithType,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from "@pothos/core";
import type { GraphQLFieldResolver } from "graphql";
import { screamingCase } from "../src/model/events.ts";
import { objectionTo, REQUIREMENTS, type Requirement } from "../src/model/principals.ts";
import { auditRefusal } from "./audit.ts";
import type { ApiContext } from "./context.ts";

const PLUGIN = "requirement";
export default PLUGIN;

/**
 * Asks of every mutation, before anything else is looked at, whether its caller may. What it takes stands
 * under the name of the command, which is the mutation's own; one without an entry is not built.
 */
class RequirementPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(
    field: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    if (field.parentType === "Mutation") requirementOf(field.name);
    return field;
  }

  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types["Context"], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types["Context"], object> {
    if (field.parentType !== "Mutation") return resolve;
    const requirement = requirementOf(field.name);
    return async (parent, args, context, info) => {
      const objection = objectionTo((context as ApiContext).principal, requirement);
      if (objection === null) return resolve(parent, args, context, info);
      const refusal = { code: "FORBIDDEN", message: objection, path: [] } as const;
      await auditRefusal(field.name, refusal, context as ApiContext);
      brandWithType(refusal, "ForbiddenError" as never);
      return refusal;
    };
  }
}

/** Throws for a mutation of which it is not said what it takes. */
function requirementOf(mutation: string): Requirement {
  const requirement = (REQUIREMENTS as Readonly<Record<string, Requirement>>)[
    screamingCase(mutation)
  ];
  if (requirement) return requirement;
  throw new Error(`Mutation ${mutation} has no entry in REQUIREMENTS (src/model/principals.ts).`);
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      requirement: RequirementPlugin<Types>;
    }
  }
}

SchemaBuilder.registerPlugin(PLUGIN, RequirementPlugin);
