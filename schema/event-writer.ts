import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { FieldType } from "../src/model/events/field-types.ts";
import { type EventKind, type FleetEvent, screamingCase } from "../src/model/events.ts";
import { formatCursor } from "../src/model/log.ts";
import type { Reason } from "../src/model/reasons.ts";
import type { Resources } from "../src/model/resources.ts";
import { payloadValue, shownFields } from "./event-types.ts";
import { globalId } from "./ids.ts";
import { INT_MAX, MILLICORES } from "./resources.ts";

/**
 * Selection sets on events, compiled to functions that write JSON. Executing GraphQL for each event
 * of a long replay costs several times as much as reading it from the disk; most subscriptions select
 * only what the event itself tells, and for those this writes the very same text.
 *
 * Whatever needs a look at anything else (an entity, the cause) is not compiled, kind by kind.
 */

/** The JSON of an event under one selection set. */
export type EventWriter = (event: FleetEvent) => string;

/** The JSON of a value, for one selected field. */
type Part = (event: FleetEvent) => string;

/** Thrown while compiling: this selection is not for a writer. */
class NotCompiled extends Error {}

/** What is selected under one response name. */
type Selected = Map<string, FieldNode[]>;

export class EventWriters {
  readonly #set: SelectionSetNode;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #epoch: string;
  readonly #byKind = new Map<EventKind, EventWriter | null>();

  constructor(set: SelectionSetNode, document: DocumentNode, epoch: string) {
    this.#set = set;
    this.#epoch = epoch;
    this.#fragments = new Map(
      document.definitions
        .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
        .map((fragment) => [fragment.name.value, fragment]),
    );
  }

  /** Null when events of this kind must be executed. */
  of(kind: EventKind): EventWriter | null {
    let writer = this.#byKind.get(kind);
    if (writer === undefined) {
      writer = this.#compile(kind);
      this.#byKind.set(kind, writer);
    }
    return writer;
  }

  #compile(kind: EventKind): EventWriter | null {
    try {
      const selected = this.#select([this.#set], [kind, "Event", "Node"]);
      return objectWriter(selected, (nodes) => this.#eventPart(kind, nodes));
    } catch (error) {
      if (error instanceof NotCompiled) return null;
      throw error;
    }
  }

  /** The fields that apply to an object of these types, in the order in which GraphQL answers them. */
  #select(sets: readonly SelectionSetNode[], types: readonly string[]): Selected {
    const selected: Selected = new Map();
    const collect = (selection: SelectionNode): void => {
      if (selection.directives && selection.directives.length > 0) throw new NotCompiled();
      if (selection.kind !== Kind.FIELD) {
        for (const inner of this.#inFragment(selection, types)) collect(inner);
        return;
      }
      const name = (selection.alias ?? selection.name).value;
      const known = selected.get(name);
      if (known) known.push(selection);
      else selected.set(name, [selection]);
    };
    for (const { selections } of sets) for (const selection of selections) collect(selection);
    return selected;
  }

  /** What a fragment selects for an object of these types; nothing when it is about others. */
  #inFragment(
    selection: FragmentSpreadNode | InlineFragmentNode,
    types: readonly string[],
  ): readonly SelectionNode[] {
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : this.#fragments.get(selection.name.value);
    const condition = fragment?.typeCondition?.name.value;
    const applies = condition === undefined || types.includes(condition);
    return applies ? (fragment?.selectionSet.selections ?? []) : [];
  }

  #eventPart(kind: EventKind, nodes: readonly FieldNode[]): Part {
    const name = nodes[0]?.name.value ?? "";
    const own = EVENT_FIELDS[name];
    if (own) return own(this.#epoch);
    if (name === "__typename") return constant(kind);
    if (name === "actor")
      return this.#objectPart(nodes, "Actor", ACTOR_FIELDS, (event) => event.actor);
    const field = shownFields(kind).find((one) => one.name === name);
    if (!field) throw new NotCompiled();
    return this.#payloadPart(nodes, field.name, field.type);
  }

  #payloadPart(nodes: readonly FieldNode[], name: string, type: FieldType): Part {
    const value = (event: FleetEvent) => payloadValue(event, name);
    switch (type) {
      case "time":
        return (event) => orNull(value(event), (ms) => time(ms as number));
      case "resources":
        return this.#objectPart(
          nodes,
          "Resources",
          RESOURCES_FIELDS,
          (event) => value(event) as Resources,
        );
      case "reasons":
        return this.#reasonsPart(nodes, (event) => value(event) as readonly Reason[]);
      case "int":
      case "float":
      case "string":
      case "boolean":
      case "strings":
      case "desiredState":
      case "failureDomain":
      case "faultKind":
      case "fenceMethod":
      case "operationKind":
      case "role":
      case "utility":
        return (event) => JSON.stringify(value(event) ?? null);
      default:
        throw new NotCompiled();
    }
  }

  #reasonsPart(
    nodes: readonly FieldNode[],
    reasons: (event: FleetEvent) => readonly Reason[],
  ): Part {
    const write = this.#objectWriter(nodes, "Reason", REASON_FIELDS);
    return (event) => `[${reasons(event).map(write).join(",")}]`;
  }

  #objectPart<T>(
    nodes: readonly FieldNode[],
    type: string,
    fields: Fields<T>,
    value: (event: FleetEvent) => T | null,
  ): Part {
    const write = this.#objectWriter(nodes, type, fields);
    return (event) => orNull(value(event), (object) => write(object as T));
  }

  #objectWriter<T>(nodes: readonly FieldNode[], type: string, fields: Fields<T>) {
    const sets = nodes.flatMap((node) => node.selectionSet ?? []);
    return objectWriter<T>(this.#select(sets, [type]), ([node]) => {
      const name = node?.name.value ?? "";
      const field = name === "__typename" ? constant(type) : fields[name];
      if (!field) throw new NotCompiled();
      return field;
    });
  }
}

type Fields<T> = Readonly<Record<string, (object: T) => string>>;

function objectWriter<T>(
  selected: Selected,
  partOf: (nodes: readonly FieldNode[]) => (object: T) => string,
): (object: T) => string {
  const parts = [...selected].map(([name, nodes], index) => ({
    before: `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`,
    write: partOf(nodes),
  }));
  return (object) => {
    let text = "";
    for (const { before, write } of parts) text += before + write(object);
    return `${text}}`;
  };
}

function constant(text: string): () => string {
  const json = JSON.stringify(text);
  return () => json;
}

function orNull<T>(value: T | null | undefined, write: (value: T) => string): string {
  return value === null || value === undefined ? "null" : write(value);
}

const time = (ms: number) => `"${new Date(ms).toISOString()}"`;

const EVENT_FIELDS: Readonly<Record<string, (epoch: string) => Part>> = {
  id: () => (event) => JSON.stringify(globalId(event.kind, event.seq)),
  cursor: (epoch) => (event) => `"${formatCursor(epoch, event.seq)}"`,
  occurredAt: () => (event) => time(event.atMs),
  kind: () => (event) => `"${screamingCase(event.kind)}"`,
  category: () => (event) => `"${event.category}"`,
  severity: () => (event) => `"${event.severity}"`,
  message: () => (event) => JSON.stringify(event.message),
};

const ACTOR_FIELDS: Fields<FleetEvent["actor"]> = {
  kind: (actor) => `"${actor.kind}"`,
  name: (actor) => (actor.kind === "ENGINE" ? "null" : JSON.stringify(actor.name)),
};

const RESOURCES_FIELDS: Fields<Resources> = {
  cpuCores: (amounts) => String(amounts.cpuMillicores / MILLICORES),
  memoryMiB: (amounts) => String(Math.min(amounts.memoryMiB, INT_MAX)),
  storageGiB: (amounts) => String(Math.min(amounts.storageGiB, INT_MAX)),
};

const REASON_FIELDS: Fields<Reason> = {
  code: (reason) => `"${reason.code}"`,
  message: (reason) => JSON.stringify(reason.message),
};
