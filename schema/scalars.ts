import { GraphQLError } from "graphql";
import { builder } from "./builder.ts";

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

builder.scalarType("DateTime", {
  description: "RFC 3339, UTC, milliseconds.",
  serialize: (ms) => new Date(ms).toISOString(),
  parseValue: (value) => {
    const ms = typeof value === "string" && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms))
      throw new GraphQLError(`DateTime must be an RFC 3339 time such as 2026-01-31T12:00:00Z`);
    return ms;
  },
});

builder.scalarType("Cursor", {
  description:
    "A position in the event log, `<epoch>:<seq>`. Opaque to clients, ordered, never reused.",
  serialize: (cursor) => cursor,
  parseValue: (value) => {
    if (typeof value !== "string") throw new GraphQLError("Cursor must be a string");
    return value;
  },
});
