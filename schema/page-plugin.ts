import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from "@pothos/core";
import type { GraphQLFieldResolver } from "graphql";
import { checkPage, type PageArguments } from "./page.ts";

const PLUGIN = "pageSize";
export default PLUGIN;

/** Checks the size of every page that is asked for, also where only the totalCount is wanted. */
class PageSizePlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types["Context"], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types["Context"], object> {
    if (!("first" in field.args && "last" in field.args)) return resolve;
    return (parent, args, context, info) => {
      checkPage(args as PageArguments);
      return resolve(parent, args, context, info);
    };
  }
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      pageSize: PageSizePlugin<Types>;
    }
  }
}

SchemaBuilder.registerPlugin(PLUGIN, PageSizePlugin);
