import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from "graphql";
import type { Plugin } from "graphql-yoga";

/** Far above any operation that a person or a code generator writes. */
const MAX_TOKENS = 10_000;
/** Introspection as tools ask for it is 13 deep; a chain of causes can be longer. */
const MAX_DEPTH = 40;

/** Refuses documents that cost more to understand than any honest one. */
export function useDocumentLimits(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string, options?: object) =>
        parse(source, { ...options, maxTokens: MAX_TOKENS }),
      );
    },
    onValidate({ addValidationRule }) {
      addValidationRule(depthRule);
    },
  };
}

function depthRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const depth = depthOf(operation.selectionSet, context, new Map());
      if (depth > MAX_DEPTH)
        context.reportError(
          new GraphQLError(`The operation is ${depth} levels deep; ${MAX_DEPTH} are allowed.`, {
            nodes: operation,
            extensions: { code: "OPERATION_TOO_DEEP" },
          }),
        );
    },
  };
}

type Known = Map<FragmentDefinitionNode, number>;

function depthOf(set: SelectionSetNode, context: ValidationContext, known: Known): number {
  return Math.max(0, ...set.selections.map((selection) => levels(selection, context, known)));
}

function levels(selection: SelectionNode, context: ValidationContext, known: Known): number {
  switch (selection.kind) {
    case Kind.FIELD:
      return 1 + (selection.selectionSet ? depthOf(selection.selectionSet, context, known) : 0);
    case Kind.INLINE_FRAGMENT:
      return depthOf(selection.selectionSet, context, known);
    case Kind.FRAGMENT_SPREAD:
      return fragmentDepth(context.getFragment(selection.name.value), context, known);
  }
}

/** Each fragment is measured once; one that spreads itself is another rule's to refuse. */
function fragmentDepth(
  fragment: FragmentDefinitionNode | null | undefined,
  context: ValidationContext,
  known: Known,
): number {
  if (!fragment) return 0;
  let depth = known.get(fragment);
  if (depth === undefined) {
    known.set(fragment, 0);
    depth = depthOf(fragment.selectionSet, context, known);
    known.set(fragment, depth);
  }
  return depth;
}
