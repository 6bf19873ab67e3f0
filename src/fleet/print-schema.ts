/** Writes `fleet.schema.json` anew: run it after a change of the schema, and commit the file. */
import { writeFileSync } from "node:fs";
import { printFleetSchema } from "./schema.ts";

writeFileSync(new URL("../../fleet.schema.json", import.meta.url), printFleetSchema());
