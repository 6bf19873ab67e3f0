import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from "@pothos/core";

const PLUGIN = "wholeRows";
export default PLUGIN;

/**
 * Rows are always whole here, so a column that is shown is a plain property. plugin-drizzle takes it
 * for something that must be selected, and reads a row that came another way (from a loader, as the
 * entities of an event do) once more, after a timer's turn.
 */
class WholeRowsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(
    field: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    const { pothosDrizzleVariant, pothosDrizzleSelect, ...extensions } = field.extensions ?? {};
    return pothosDrizzleVariant === undefined || pothosDrizzleSelect === undefined
      ? field
      : { ...field, extensions };
  }
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      wholeRows: WholeRowsPlugin<Types>;
    }
  }
}

SchemaBuilder.registerPlugin(PLUGIN, WholeRowsPlugin);
