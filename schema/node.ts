import { brandWithType } from "@pothos/core";
import { EVENTS, type EventKind } from "../src/model/events.ts";
import type { EntityType, Ref } from "../src/model/ids.ts";
import { badInput } from "./bad-input.ts";
import { builder } from "./builder.ts";
import type { ApiContext } from "./context.ts";
import { entityKey, notAnId, parseGlobalId } from "./ids.ts";
import { ENTITY_TYPES } from "./loaders.ts";
import { PAGE } from "./page.ts";

export const Node = builder.nodeInterfaceRef();

/** The thing that a fact names; null when it is gone. */
export function loadRef(ref: Ref | null, { loaders }: ApiContext) {
  return ref === null ? null : loaders.entity(ref.type, ref.id);
}

/** Null for an id of nothing, or of nothing any more. */
function loadNode(text: string, argument: string, context: ApiContext): Promise<object | null> {
  const id = parseGlobalId(text);
  if (!id) throw notAnId(argument, text);
  const key = entityKey(id.key);
  if (key === null) return Promise.resolve(null);
  if (id.type in EVENTS) return loadEvent(id.type as EventKind, key, context);
  if (!ENTITY_TYPES.has(id.type)) return Promise.resolve(null);
  return context.loaders.entity(id.type as EntityType, key);
}

async function loadEvent(kind: EventKind, seq: number, { loaders }: ApiContext) {
  const event = await loaders.event.load(seq);
  if (event?.kind !== kind) return null;
  brandWithType(event, kind as never);
  return event;
}

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description: "Anything by its id; null when there is no such thing, or none any more.",
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => loadNode(id, "id", context),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    description: `Up to ${PAGE.max} things by their ids, in their order.`,
    args: { ids: t.arg.idList({ required: true }) },
    resolve: (_root, { ids }, context) => {
      if (ids.length > PAGE.max) throw badInput("ids", `may hold ${PAGE.max} at most`);
      return ids.map((id, index) => loadNode(id, `ids.${index}`, context));
    },
  }),
}));
