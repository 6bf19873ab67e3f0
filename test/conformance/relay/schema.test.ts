/** The schema as Relay's specifications want it, by the rules of graphql-eslint. */

import graphqlPlugin from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";
import { expect, test } from "vitest";

test("the schema keeps Relay's rules", async () => {
  const eslint = new ESLint({
    overrideConfigFile: true,
    overrideConfig: {
      files: ["**/*.graphql"],
      languageOptions: {
        parser: graphqlPlugin.parser,
        parserOptions: { graphQLConfig: { schema: "schema/schema.graphql" } },
      },
      // Its types are of an older ESLint.
      plugins: { "@graphql-eslint": graphqlPlugin as unknown as ESLint.Plugin },
      rules: {
        ...graphqlPlugin.configs["flat/schema-relay"].rules,
        // Beyond the specification: that there be no lists but those of edges. A reason has no cursor.
        "@graphql-eslint/relay-edge-types": [
          "error",
          { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
        ],
      },
    },
  });
  const [result] = await eslint.lintFiles("schema/schema.graphql");
  expect(result?.messages).toEqual([]);
});
