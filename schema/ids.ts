import { decodeBase64, encodeBase64 } from "@pothos/core";
import type { GraphQLError } from "graphql";
import type { EntityType, IdTypes } from "../src/model/ids.ts";
import { badInput } from "./bad-input.ts";

/** What a global id stands for: Relay's base64 of `Type:key`. */
export interface GlobalId {
  readonly type: string;
  readonly key: string;
}

export function globalId(type: string, key: number | string): string {
  return encodeBase64(`${type}:${key}`);
}

/** Null when the text is no id at all. */
export function parseGlobalId(text: string): GlobalId | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const match = /^([A-Za-z]+):(.+)$/.exec(decodeBase64(text));
  if (!match?.[1] || !match[2]) return null;
  // Base64 decodes leniently; but two texts must not name one thing.
  return globalId(match[1], match[2]) === text ? { type: match[1], key: match[2] } : null;
}

/** The number of an entity's id; null when it is none. */
export function entityKey(key: string): number | null {
  return /^[1-9][0-9]{0,14}$/.test(key) ? Number(key) : null;
}

/** The ids of one type in a filter; one of another type is as wrong there as a text that is no id. */
export function filterIds<T extends EntityType>(
  type: T,
  ids: readonly string[],
  argument: string,
): IdTypes[T][] {
  return ids.map((text, index) => {
    const element = `${argument}.${index}`;
    const id = argumentId(type, text, element);
    if (id === null) throw badInput(element, `is '${text}', which is not the id of a ${type}`);
    return id;
  });
}

/** The key of one id, or null when it is an id of another type. */
export function argumentId<T extends EntityType>(
  type: T,
  text: string,
  argument: string,
): IdTypes[T] | null {
  const id = parseGlobalId(text);
  if (!id) throw notAnId(argument, text);
  return id.type === type ? (entityKey(id.key) as IdTypes[T] | null) : null;
}

export function notAnId(argument: string, text: string): GraphQLError {
  return badInput(argument, `is '${text.slice(0, 80)}', which is not an id`);
}
