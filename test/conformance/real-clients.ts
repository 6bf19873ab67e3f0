/** The client libraries that people use, each as its own documentation sets it up, behind one face. */

import { readFileSync } from "node:fs";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { getMainDefinition } from "@apollo/client/utilities";
import { fetchExchange, subscriptionExchange, Client as UrqlClient } from "@urql/core";
import { buildSchema, isAbstractType } from "graphql";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient, type Sink } from "graphql-ws";
import WebSocket from "ws";
import type { Data, Json } from "../api/harness.ts";

export interface Result {
  readonly data?: Data;
  readonly errors?: readonly { readonly message: string; readonly extensions?: unknown }[];
}

export interface RealClient {
  /** A query or mutation. */
  run(query: string, variables?: Json): Promise<Result>;
  /** Until `next` throws, which rejects with that, or until the connection is lost, which rejects too. */
  listen(query: string, variables: Json, next: (data: Data) => void): Promise<void>;
  close(): void;
}

/** Reconnects are this test's own affair: by themselves these would ask from the old cursor again. */
const wsClient = (url: string) =>
  createWsClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });

async function listenTo<T>(results: AsyncIterable<T>, next: (result: T) => void): Promise<void> {
  for await (const result of results) next(result);
  throw new Error("The server has nothing more to say");
}

function graphqlWs(url: string): RealClient {
  const client = wsClient(url);
  return {
    run: async (query, variables) => {
      for await (const result of client.iterate({ query, ...(variables && { variables }) }))
        return result as Result;
      throw new Error("No result");
    },
    listen: (query, variables, next) =>
      listenTo(client.iterate({ query, variables }), ({ data }) => next(data)),
    close: () => void client.dispose(),
  };
}

function graphqlSse(url: string): RealClient {
  const client = createSseClient({ url, retryAttempts: 0 });
  return {
    run: async (query, variables) => {
      for await (const result of client.iterate({ query, ...(variables && { variables }) }))
        return result as Result;
      throw new Error("No result");
    },
    listen: (query, variables, next) =>
      listenTo(client.iterate({ query, variables }), ({ data }) => next(data)),
    close: () => client.dispose(),
  };
}

function urql(url: string): RealClient {
  const ws = wsClient(url);
  const client = new UrqlClient({
    url,
    // Short queries are sent by GET.
    fetchOptions: { headers: { "GraphQL-Require-Preflight": "1" } },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: ws.subscribe(
              { query: request.query ?? "", variables: request.variables as Json },
              sink as Sink,
            ),
          }),
        }),
      }),
    ],
  });
  return {
    run: async (query, variables = {}) => {
      const isMutation = query.trimStart().startsWith("mutation");
      const result = await (isMutation
        ? client.mutation(query, variables)
        : client.query(query, variables)
      ).toPromise();
      const errors = result.error?.graphQLErrors;
      if (result.error?.networkError) throw result.error;
      return { data: result.data, ...(errors && { errors }) };
    },
    listen: (query, variables, next) =>
      new Promise((_resolve, reject) => {
        const { unsubscribe } = client.subscription(query, variables).subscribe((result) => {
          try {
            if (result.error) throw result.error;
            next(result.data);
          } catch (error) {
            unsubscribe();
            reject(error);
          }
        });
      }),
    close: () => void ws.dispose(),
  };
}

/** What a cache has to know of the schema's interfaces and unions. */
function possibleTypes(): Record<string, string[]> {
  const schema = buildSchema(readFileSync("schema/schema.graphql", "utf8"));
  const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType);
  return Object.fromEntries(
    abstract.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
  );
}

function apollo(url: string): RealClient {
  const ws = wsClient(url);
  const client = new ApolloClient({
    cache: new InMemoryCache({ possibleTypes: possibleTypes() }),
    link: ApolloLink.split(
      ({ query }) => {
        const definition = getMainDefinition(query);
        return "operation" in definition && definition.operation === "subscription";
      },
      new GraphQLWsLink(ws),
      new HttpLink({ uri: url }),
    ),
  });
  return {
    run: async (query, variables = {}) => {
      const isMutation = query.trimStart().startsWith("mutation");
      const { data, error } = isMutation
        ? await client.mutate({ mutation: gql(query), variables, errorPolicy: "all" })
        : await client.query({ query: gql(query), variables, errorPolicy: "all" });
      if (!error) return { data };
      if (CombinedGraphQLErrors.is(error)) return { data, errors: error.errors };
      throw error;
    },
    listen: (query, variables, next) =>
      new Promise((_resolve, reject) => {
        const results = client.subscribe({ query: gql(query), variables, fetchPolicy: "no-cache" });
        const subscription = results.subscribe({
          next: ({ data, error }) => {
            try {
              if (error) throw error;
              next(data);
            } catch (why) {
              subscription.unsubscribe();
              reject(why);
            }
          },
          error: reject,
          complete: () => reject(new Error("The server has nothing more to say")),
        });
      }),
    close: () => {
      client.stop();
      void ws.dispose();
    },
  };
}

export const REAL_CLIENTS: Readonly<Record<string, (url: string) => RealClient>> = {
  "graphql-ws": graphqlWs,
  "graphql-sse": graphqlSse,
  urql,
  "Apollo Client": apollo,
};
