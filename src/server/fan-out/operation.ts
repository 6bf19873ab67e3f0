import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  execute,
  type FieldNode,
  GraphQLError,
  visit,
} from "graphql";
import type { ApiContext } from "../../../schema/context.ts";
import { Topic } from "../../../schema/topic.ts";

/** What an operation is executed with. */
export interface OperationOptions {
  /** A context for each execution: none shows what another one has read. */
  readonly newContext: () => ApiContext;
  readonly maskError: (error: unknown) => GraphQLError;
}

/** A subscription that may not begin. */
export interface Refusal {
  readonly errors: readonly GraphQLError[];
}

/** A subscription's operation, and what it is about. */
export class Operation<T extends Topic<unknown> = Topic<unknown>> {
  readonly topic: T;
  readonly #args: ExecutionArgs;
  readonly #options: OperationOptions;

  constructor(topic: T, args: ExecutionArgs, options: OperationOptions) {
    this.topic = topic;
    this.#args = args;
    this.#options = options;
  }

  /** The same for all that have the same results, whoever may see them; null: no other one has. */
  get likeness(): string | null {
    const { likeness, fieldNodes } = this.topic;
    if (likeness === null) return null;
    const { document, operationName, variableValues } = this.#args;
    const inside = usesVariables(document, fieldNodes) ? variableValues : null;
    return JSON.stringify([numberOf(document), operationName ?? null, likeness, inside]);
  }

  isAbout<U extends Topic<unknown>>(
    type: abstract new (...args: never[]) => U,
  ): this is Operation<U> {
    return this.topic instanceof type;
  }

  get document(): DocumentNode {
    return this.#args.document;
  }

  newContext(): ApiContext {
    return this.#options.newContext();
  }

  /** The result for a value of the topic, as JSON. */
  async resultOf(value: unknown, contextValue = this.newContext()): Promise<string> {
    const { errors, ...rest } = await execute({ ...this.#args, rootValue: value, contextValue });
    if (!errors) return JSON.stringify(rest);
    const { maskError } = this.#options;
    return JSON.stringify({ ...rest, errors: errors.map((error) => maskError(error).toJSON()) });
  }
}

/** The errors of a refusal are not masked yet. */
export async function begin(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  options: OperationOptions,
): Promise<Operation | Refusal> {
  const args = { schema, document, operationName, variableValues };
  try {
    const topic = await createSourceEventStream({ ...args, contextValue: options.newContext() });
    if (topic instanceof Topic) return new Operation(topic, args, options);
    return { errors: "errors" in topic ? (topic.errors ?? []) : [] };
  } catch (error) {
    const originalError = error instanceof Error ? error : new Error(String(error));
    return { errors: [new GraphQLError("The subscription could not begin", { originalError })] };
  }
}

const DOCUMENTS = new WeakMap<DocumentNode, number>();
let documents = 0;

/** Documents are parsed once, so that the same text is the same object. */
function numberOf(document: DocumentNode): number {
  const known = DOCUMENTS.get(document);
  if (known !== undefined) return known;
  DOCUMENTS.set(document, ++documents);
  return documents;
}

/** In what is selected, as opposed to the arguments of the subscription's own field. */
function usesVariables(document: DocumentNode, fields: readonly FieldNode[]): boolean {
  const own = new Set<unknown>(fields.map((field) => field.arguments));
  let uses = false;
  visit(document, {
    VariableDefinition: () => false,
    Argument: (_node, _key, parent) => (own.has(parent) ? false : undefined),
    Variable: () => {
      uses = true;
    },
  });
  return uses;
}
