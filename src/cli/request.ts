import { CliError, credentials } from "./command.ts";

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** A mistake in a document, as `InvalidInputError.problems` tells it. Lines are found on this side. */
export interface WireProblem {
  readonly message: string;
  readonly path: readonly string[];
}

/** No answer came: the server may be down, and be there in a moment. */
export class UnreachableError extends CliError {
  /** The fact alone, for those who will try again. */
  readonly fact: string;
  constructor(fact: string, advice: string) {
    super(`${fact}${advice}`);
    this.fact = fact;
  }
}

/** A mutation was refused. */
export class RefusedError extends CliError {
  /** The error's `code`, such as UNSUPPORTED. */
  readonly code: string;
  readonly problems: readonly WireProblem[];
  constructor(code: string, message: string, problems: readonly WireProblem[]) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}

/** One operation over HTTP. Throws CliError (UnreachableError) in words that say what to do. */
export async function ask<Data>(
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Data> {
  const response = await send(url, JSON.stringify({ query, variables }));
  const text = await response.text();
  const answer = parseAnswer(text);
  if (!answer) {
    throw new CliError(
      `${url} answered ${response.status} ${response.statusText}, and not as GraphQL does; is it Evenkeel's endpoint?`,
    );
  }
  const [error] = answer.errors ?? [];
  if (error && response.status === 401)
    throw new CliError(
      `${url} lets nobody in with this: ${error.message} Give a token in EVENKEEL_TOKEN.`,
    );
  if (error) throw new CliError(error.message);
  return answer.data as Data;
}

async function send(url: string, body: string): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json",
        ...credentials(),
      },
      body,
    });
  } catch (error) {
    throw unreachable(url, error);
  }
}

/** `fetch failed` says nothing; its cause does. */
function unreachable(url: string, error: unknown): UnreachableError {
  const cause = error instanceof Error ? error.cause : undefined;
  const { code, message } = (cause ?? error) as { code?: string; message?: string };
  if (code === "ECONNREFUSED") {
    return new UnreachableError(
      `No server answers at ${url}`,
      "; start one with 'evenkeel serve' (or 'npm start'), or name another with --url",
    );
  }
  if (code === "ENOTFOUND") {
    return new UnreachableError(`There is no host of the name in ${url}`, "; correct --url");
  }
  return new UnreachableError(`${url} can't be reached: ${message || code || "unknown error"}`, "");
}

function parseAnswer(text: string): Answer | null {
  try {
    const answer = JSON.parse(text) as Answer | null;
    return answer && (answer.data !== undefined || answer.errors) ? answer : null;
  } catch {
    return null;
  }
}

type Refusal = {
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly WireProblem[];
};

/**
 * A mutation of the form `name(input: NameInput!): NameResult!`; `inputType` is for those that share
 * one. `selection` is on its payload.
 * Throws RefusedError when the result is one of the typed errors.
 */
export async function mutate<Payload>(
  url: string,
  name: string,
  selection: string,
  input: Readonly<Record<string, unknown>>,
  inputType?: string,
): Promise<Payload> {
  const type = name.charAt(0).toUpperCase() + name.slice(1);
  const { result } = await ask<{ result: ({ __typename: string } & Refusal) | Payload }>(
    url,
    `mutation Run($input: ${inputType ?? `${type}Input`}!) {
      result: ${name}(input: $input) {
        __typename
        ... on ${type}Payload { ${selection} }
        ... on Error { code message }
        ... on InvalidInputError { problems { message path } }
      }
    }`,
    { input },
  );
  const { __typename } = result as { __typename: string };
  if (__typename === `${type}Payload`) return result as Payload;
  const { code, message, problems = [] } = result as Refusal;
  throw new RefusedError(code, message, problems);
}
