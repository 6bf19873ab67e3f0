import { nearest } from "../fleet/nearest.ts";
import { UsageError } from "./command.ts";
import { ask } from "./request.ts";

/** So many values are listed to whoever gave a wrong one; of more, only the nearest is told. */
const MAX_LISTED = 20;

/**
 * Values of one of the API's enums, as the server spells them: letters of either case, `-` for `_`.
 * The server is asked for its list, so that old and new ones fit together. Throws UsageError, with
 * `noun` for what the values are.
 */
export async function enumValues(
  url: string,
  type: string,
  noun: string,
  texts: readonly string[],
): Promise<string[]> {
  if (texts.length === 0) return [];
  const { values } = await ask<{ values: { enumValues: readonly { name: string }[] } | null }>(
    url,
    "query ($type: String!) { values: __type(name: $type) { enumValues { name } } }",
    { type },
  );
  const names = values?.enumValues.map(({ name }) => name) ?? [];
  return texts.map((text) => {
    const wanted = text.toUpperCase().replaceAll("-", "_");
    if (names.includes(wanted)) return wanted;
    throw new UsageError(`There is no ${noun} ${text}; ${advice(wanted, type, names)}`);
  });
}

function advice(wanted: string, type: string, names: readonly string[]): string {
  const close = nearest(wanted, names);
  const list = names.length <= MAX_LISTED ? `there are ${names.join(", ")}` : null;
  const hints = [
    close && `did you mean ${close}?`,
    list ?? (close ? null : `see ${type} in the API`),
  ];
  return hints.filter(Boolean).join(" ");
}
