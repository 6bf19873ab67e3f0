import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from "@pothos/core";
import type { GraphQLFieldResolver } from "graphql";
import { checkPage, type PageArguments } from "./page.ts";
import { openCursor, orderOf, sealCursor } from "./page-cursor.ts";

const PLUGIN = "page";
export default PLUGIN;

/** What plugin-drizzle makes of a page; without edges where only the totalCount is wanted. */
interface Connection {
  readonly edges?: readonly { cursor: string }[];
  readonly pageInfo?: { startCursor: string | null; endCursor: string | null };
}

/**
 * Checks the size of every page that is asked for, also where only the totalCount is wanted, and
 * that its cursors are of the list and order that is paged through.
 */
class PagePlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(
    field: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    const list = this.#orderedList(field);
    if (list === null) return field;
    // Where the arguments of a list within a list are read, no resolver has run yet.
    const openCursors = (args: Record<string, unknown>) => {
      const order = orderOf(list, args);
      const opened = { ...args };
      for (const argument of ["after", "before"] as const) {
        const cursor = args[argument];
        if (typeof cursor === "string") opened[argument] = openCursor(cursor, order, argument);
      }
      return opened;
    };
    return { ...field, argMappers: [...field.argMappers, openCursors] };
  }

  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types["Context"], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types["Context"], object> {
    if (!isPaged(field)) return resolve;
    const list = this.#orderedList(field);
    return async (parent, args, context, info) => {
      checkPage(args as PageArguments);
      const connection = await resolve(parent, args, context, info);
      if (list !== null) sealCursors(connection as Connection, orderOf(list, args));
      return connection;
    };
  }

  /** The type of the list's connection. Null for what is none, and for events: their order is one. */
  #orderedList(field: PothosOutputFieldConfig<Types>): string | null {
    if (!isPaged(field) || !("orderBy" in field.args) || field.type.kind === "List") return null;
    return this.builder.configStore.getTypeConfig(field.type.ref).name;
  }
}

function isPaged({ args }: { readonly args: object }): boolean {
  return "first" in args && "last" in args;
}

/** In place: the page was made for this one answer. */
function sealCursors({ edges, pageInfo }: Connection, order: string): void {
  for (const edge of edges ?? []) edge.cursor = sealCursor(edge.cursor, order);
  if (!pageInfo) return;
  const { startCursor, endCursor } = pageInfo;
  if (startCursor !== null) pageInfo.startCursor = sealCursor(startCursor, order);
  if (endCursor !== null) pageInfo.endCursor = sealCursor(endCursor, order);
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      page: PagePlugin<Types>;
    }
  }
}

SchemaBuilder.registerPlugin(PLUGIN, PagePlugin);
