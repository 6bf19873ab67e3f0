/**
 * YAML 1.2 texts, core schema, made safe: one document, no tags but YAML's own plain ones, no merge
 * keys, no key twice, and aliases that can neither loop nor multiply. The values are taken from the
 * syntax tree here and not by the library's `toJS`, whose checks for equal keys and aliases take
 * time quadratic in their number.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Path } from "../model/fleet.ts";
import type { Problem } from "../model/rejections.ts";
import { ProblemList, quoteKey } from "./problems.ts";
import { type Locate, MAX_DEPTH, type Position, type SourceResult } from "./source.ts";

/**
 * The library takes about 2 µs and 1 kB of memory for each lexeme, so a YAML text is held to less
 * than `LIMITS.documentBytes`: to some 10,000 guests. JSON is read fifty times faster.
 */
export const MAX_YAML_CHARACTERS = 4 * 1024 * 1024;
const MAX_LEXEMES = 1_500_000;

/** One syntax error soon draws others after it; the first few tell all that there is to tell. */
const MAX_SYNTAX_PROBLEMS = 10;

/** Values in a document once its aliases are written out. */
const MAX_VALUES = 500_000;

const PLAIN_TAGS = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((tag) => `tag:yaml.org,2002:${tag}`),
);

export function readYaml(text: string): SourceResult {
  const weight = weightProblem(text);
  if (weight !== null) return { ok: false, problems: [{ message: weight, path: [] }] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false, // quadratic; checked below
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: "error", // "silent" would pass over a second document
    lineCounter: lines,
  });
  // Warnings are unknown tags and directives: nothing that a fleet document needs.
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) return { ok: false, problems: syntaxProblems(faults, lines) };

  const reader = new YamlReader(document, lines);
  const value = reader.read();
  return reader.problems.empty
    ? { ok: true, source: { value, locate: reader.locate } }
    : { ok: false, problems: reader.problems.located(reader.locate) };
}

/** What would take too long to parse is found by the lexer alone, at a fraction of the cost. */
function weightProblem(text: string): string | null {
  const tooLong = "the document is too long for YAML; write it as JSON";
  if (text.length > MAX_YAML_CHARACTERS) return tooLong;
  let lexemes = 0;
  let depth = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > MAX_LEXEMES) return tooLong;
    if (lexeme === "[" || lexeme === "{") depth++;
    else if (lexeme === "]" || lexeme === "}") depth--;
    if (depth > MAX_DEPTH) return `not valid YAML: nested deeper than ${MAX_DEPTH} levels`;
  }
  return null;
}

function syntaxProblems(
  faults: readonly { readonly message: string; readonly pos: [number, number] }[],
  lines: LineCounter,
): Problem[] {
  // The library composes recursively, and reports an overflow of the stack as a syntax error.
  const overflow = faults.find(({ message }) => message.includes("call stack"));
  const told = overflow ? [overflow] : faults.slice(0, MAX_SYNTAX_PROBLEMS);
  return told.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    const words = overflow
      ? `nested deeper than ${MAX_DEPTH} levels`
      : message.charAt(0).toLowerCase() + message.slice(1);
    return { message: `not valid YAML: ${words}`, path: [], line, column: Math.max(col, 1) };
  });
}

/** Thrown inside the reader only, to leave a walk that has become too large or found enough. */
class StopReading extends Error {}

class YamlReader {
  readonly problems = new ProblemList();
  readonly locate: Locate = (path, at) => this.#locate(path, at);
  readonly #root: ParsedNode | null;
  readonly #lines: LineCounter;
  /** What each anchor names at this point of the text; a later one of the same name takes over. */
  readonly #anchors = new Map<string, Node>();
  /** What each alias stood for where it was written. */
  readonly #targets = new Map<Node, Node>();
  readonly #path: string[] = [];
  #values = 0;
  /** Above zero while walking what an alias stands for. */
  #aliasDepth = 0;

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#root = document.contents;
    this.#lines = lines;
  }

  read(): unknown {
    try {
      return this.#value(this.#root);
    } catch (error) {
      if (!(error instanceof StopReading)) throw error;
      this.problems.add(
        this.#path,
        `the document holds more than ${MAX_VALUES} values once its aliases are written out`,
      );
      return null;
    }
  }

  #value(node: unknown): unknown {
    if (++this.#values > MAX_VALUES) throw new StopReading();
    if (this.#path.length > MAX_DEPTH) {
      this.#problem(`is nested deeper than ${MAX_DEPTH} levels`);
      return null;
    }
    if (isAlias(node)) return this.#aliased(node, node.source);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (node.anchor && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node);
    if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag)) {
      this.#problem(`the tag ${quoteKey(node.tag)} is not allowed`);
      return null;
    }
    if (isScalar(node)) return node.value;
    if (isMap(node)) return this.#object(node);
    return node.items.map((item, index) => this.#child(String(index), item));
  }

  #aliased(alias: Node, name: string): unknown {
    const target = this.#targets.get(alias) ?? this.#anchors.get(name);
    if (!target) {
      this.#problem(`there is no anchor ${quoteKey(name)} before this alias`);
      return null;
    }
    this.#targets.set(alias, target);
    this.#aliasDepth++;
    const value = this.#value(target);
    this.#aliasDepth--;
    return value;
  }

  #object(map: YAMLMap<unknown, unknown>): Record<string, unknown> {
    // Without a prototype, `__proto__` is a key like any other.
    const object: Record<string, unknown> = Object.create(null);
    for (const { key: keyNode, value } of map.items) {
      const key = keyOf(keyNode);
      if (key === null) this.#problem("keys must be plain text");
      else if (key === "<<")
        this.#problem("merge keys (`<<`) are not supported; write the keys out");
      else if (Object.hasOwn(object, key)) {
        this.#path.push(key);
        this.#problem(`the key ${quoteKey(key)} is given twice`, "key");
        this.#path.pop();
      } else object[key] = this.#child(key, value);
    }
    return object;
  }

  #child(part: string, node: unknown): unknown {
    this.#path.push(part);
    const value = this.#value(node);
    this.#path.pop();
    return value;
  }

  #problem(words: string, at?: "key"): void {
    this.problems.add(this.#path, words, at);
    if (this.problems.full) throw new StopReading();
  }

  #locate(path: Path, at: "key" | "value" = "value"): Position | null {
    let node: unknown = this.#root;
    let offset = offsetOf(this.#root);
    for (const [depth, part] of path.entries()) {
      const container = isAlias(node) ? this.#targets.get(node) : node;
      const child = childOf(container, part);
      if (!child) break;
      const last = depth === path.length - 1;
      // A key stands for a value that begins on a later line, or is left out.
      const byKey = (last && at === "key") || !isWritten(child.value);
      offset = (byKey ? offsetOf(child.key) : null) ?? offsetOf(child.value) ?? offset;
      node = child.value;
    }
    if (offset === null) return null;
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}

function keyOf(node: unknown): string | null {
  if (!isScalar(node) || node.value === null || typeof node.value === "object") return null;
  return String(node.value);
}

function isWritten(node: unknown): boolean {
  return isScalar(node) && node.range != null && node.range[1] > node.range[0];
}

/** The last of two equal keys, which is the one to complain about. */
function childOf(container: unknown, part: string): { key: unknown; value: unknown } | undefined {
  if (isMap(container)) return container.items.findLast((pair) => keyOf(pair.key) === part);
  if (isSeq(container) && Object.hasOwn(container.items, part)) {
    return { key: null, value: container.items[Number(part)] };
  }
  return undefined;
}

function offsetOf(node: unknown): number | null {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return null;
  return node.range?.[0] ?? null;
}
