/** Writes the schema as SDL beside its source: `npm run generate`. A test keeps it true. */

import { writeFileSync } from "node:fs";
import { printSchema } from "graphql";
import { schema } from "./index.ts";

export const SDL_FILE = new URL("./schema.graphql", import.meta.url);

export function printedSchema(): string {
  return `${printSchema(schema)}\n`;
}

if (import.meta.main) writeFileSync(SDL_FILE, printedSchema());
