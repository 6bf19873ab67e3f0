import type { FieldNode, GraphQLResolveInfo } from "graphql";

/**
 * What the field of a subscription is about. It stands where GraphQL has a stream for each subscriber: the
 * server makes results of it once for all who subscribe to the same.
 */
export abstract class Topic<T> implements AsyncIterable<T> {
  /** The field as the operation has it, and the name under which results have it. */
  readonly fieldNodes: readonly FieldNode[];
  readonly name: string;
  /** The same for topics that give the same to those who may see the same; null: no other one does. */
  abstract readonly likeness: string | null;

  constructor({ fieldNodes, path }: GraphQLResolveInfo) {
    this.fieldNodes = fieldNodes;
    this.name = String(path.key);
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    throw new Error("A topic is served to all who subscribe to it, and not read by one of them");
  }
}
