import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  visit,
} from "graphql";
import { type LimitCode, tooMuch } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** Brackets of any kind within one another: values nest as well as fields. */
const MAX_NESTING = 200;
const OPENING = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

type DocumentLimits = Pick<Limits, "maxTokens" | "maxDepth" | "maxAliases" | "maxDirectives">;

/**
 * Parses a document, and refuses one that costs more to understand than any honest one, before it is
 * validated: some of validation takes time with the square of what it is given. Throws a GraphQLError.
 */
export function parseWithin(source: string, limits: DocumentLimits, options: object = {}) {
  checkTokens(source, limits.maxTokens);
  const document = parse(source, options);
  const { aliases, directives } = countsOf(document);
  refuseOver(limits.maxAliases, aliases, "TOO_MANY_ALIASES", "fields that are asked for again");
  refuseOver(limits.maxDirectives, directives, "TOO_MANY_DIRECTIVES", "directives");
  refuseOver(limits.maxDepth, depthOf(document), "OPERATION_TOO_DEEP", "levels of fields");
  return document;
}

function refuseOver(max: number, requested: number, code: LimitCode, what: string): void {
  if (requested > max)
    throw tooMuch(code, `The document has ${requested} ${what}`, { requested, max });
}

/** Before the parser, which goes down with its stack when brackets within brackets have no end. */
function checkTokens(source: string, max: number): void {
  const lexer = new Lexer(new Source(source));
  let nesting = 0;
  for (let count = 0; lexer.advance().kind !== TokenKind.EOF; count++) {
    const { kind } = lexer.token;
    if (count >= max) throw tooMuch("TOO_MANY_TOKENS", "The document has too many tokens", { max });
    if (OPENING.has(kind)) nesting++;
    else if (CLOSING.has(kind)) nesting--;
    if (nesting > MAX_NESTING)
      throw tooMuch("OPERATION_TOO_DEEP", "The document nests brackets too deep", {
        max: MAX_NESTING,
      });
  }
}

/** Fields that are asked for again of the same type in the same selection, renamed or not, and directives. */
function countsOf(document: DocumentNode): { aliases: number; directives: number } {
  let aliases = 0;
  let directives = 0;
  const repeated = (set: SelectionSetNode, type: string, known: Set<string>) => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const narrower = selection.typeCondition?.name.value ?? type;
        repeated(selection.selectionSet, narrower, known);
      }
      if (selection.kind !== Kind.FIELD) continue;
      const name = `${type} ${selection.name.value}`;
      if (selection.alias || known.has(name)) aliases++;
      known.add(name);
    }
  };
  visit(document, {
    SelectionSet: (set, _key, parent) => {
      const isPartOfAnother = "kind" in (parent ?? {}) && isInlineFragment(parent);
      if (!isPartOfAnother) repeated(set, "", new Set());
    },
    Directive: () => {
      directives++;
    },
  });
  return { aliases, directives };
}

function isInlineFragment(node: unknown): boolean {
  return (node as { kind: string }).kind === Kind.INLINE_FRAGMENT;
}

/** The deepest operation's. */
function depthOf(document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  const depths = new Depths(fragments);
  return Math.max(0, ...operations.map(({ selectionSet }) => depths.of(selectionSet)));
}

class Depths {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #known = new Map<string, number>();

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments;
  }

  of(set: SelectionSetNode): number {
    return set.selections.reduce((depth, one) => Math.max(depth, this.#levels(one)), 0);
  }

  #levels(selection: SelectionNode): number {
    switch (selection.kind) {
      case Kind.FIELD:
        return 1 + (selection.selectionSet ? this.of(selection.selectionSet) : 0);
      case Kind.INLINE_FRAGMENT:
        return this.of(selection.selectionSet);
      case Kind.FRAGMENT_SPREAD:
        return this.#ofFragment(selection.name.value);
    }
  }

  /** Each fragment is measured once; one that spreads itself is validation's to refuse. */
  #ofFragment(name: string): number {
    let depth = this.#known.get(name);
    if (depth !== undefined) return depth;
    this.#known.set(name, 0);
    const fragment = this.#fragments.get(name);
    depth = fragment ? this.of(fragment.selectionSet) : 0;
    this.#known.set(name, depth);
    return depth;
  }
}
