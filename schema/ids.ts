import { decodeBase64, encodeBase64 } from "@pothos/core";
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

/**
 * The ids of one type in a filter. Those of another type name nothing here and are dropped, so that
 * they match nothing; a text that is no id is an error.
 */
export function filterIds<T extends EntityType>(
  type: T,
  ids: readonly string[],
  argument: string,
): IdTypes[T][] {
  return ids.flatMap((text) => {
    const id = parseGlobalId(text);
    if (!id) throw badInput(argument, `holds '${text}', which is not an id`);
    const key = id.type === type ? entityKey(id.key) : null;
    return key === null ? [] : [key as IdTypes[T]];
  });
}

/** The key of one id, or null when it is an id of another type. */
export function argumentId<T extends EntityType>(
  type: T,
  text: string,
  argument: string,
): IdTypes[T] | null {
  return filterIds(type, [text], argument)[0] ?? null;
}
