/** What happened, as text: the log with times since the beginning, between the steps that led to it. */
import { ask } from "../request.ts";
import type { Scenario } from "./folder.ts";

/** How often a guest was made from the document is no part of the story. */
const BORING = ["GUEST_CREATED"];
const PAGE = 100;

interface LogEvent {
  readonly cursor: string;
  readonly occurredAt: string;
  readonly kind: string;
  readonly category: string;
  readonly severity: string;
  readonly message: string;
}

/** What a step did, and the log's head when it did. */
export interface Heading {
  readonly after: string;
  readonly atSeconds: number;
  readonly text: string;
}

/** What a document brings into being is told by the document. */
const ROUTINE: ReadonlySet<string> = new Set(["INVENTORY", "SECURITY"]);

export async function transcribe(
  url: string,
  startMs: number,
  { log, title }: Pick<Scenario, "log" | "title">,
  headings: readonly Heading[],
): Promise<string> {
  const events = (await eventsOf(url, log))
    .filter(({ kind, category, severity }) => {
      if ((log.without ?? BORING).includes(kind)) return false;
      if (log.kinds !== undefined) return true;
      // What was refused, its step tells.
      if (kind === "COMMAND_AUDITED") return false;
      return !ROUTINE.has(category) || severity !== "INFO";
    })
    .map((event) => ({ ...event, atMs: Date.parse(event.occurredAt) - startMs }))
    .filter(({ atMs }) => atMs >= log.fromSeconds * 1000);
  const lines = [`# ${title}`];
  const waiting = headings.filter(({ atSeconds }) => atSeconds >= log.fromSeconds);
  for (const { cursor, atMs, message } of events) {
    const isDue = (heading: Heading) => seqOf(heading.after) < seqOf(cursor);
    while (waiting[0] && isDue(waiting[0])) lines.push(...headingLines(waiting.shift()));
    lines.push(`${seconds(atMs)}  ${message}`);
  }
  for (const heading of waiting) lines.push(...headingLines(heading));
  return `${lines.join("\n")}\n`;
}

/** A cursor is the log's name and the position in it. */
function seqOf(cursor: string): number {
  return Number(cursor.split(":")[1]);
}

function headingLines(heading: Heading | undefined): string[] {
  return heading ? ["", `> ${heading.text}`] : [];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3).padStart(9);
}

async function eventsOf(url: string, { severity, kinds }: Scenario["log"]): Promise<LogEvent[]> {
  const filter = { minSeverity: severity ?? "INFO", ...(kinds && { kinds }) };
  const found: LogEvent[] = [];
  for (let after: string | null = null; ; ) {
    const { events }: { events: Page } = await ask(
      url,
      `query ($after: Cursor, $filter: EventFilter) {
        events(first: ${PAGE}, after: $after, filter: $filter) {
          nodes { cursor occurredAt kind category severity message }
          pageInfo { hasNextPage endCursor }
        }
      }`,
      { after, filter },
    );
    found.push(...events.nodes);
    if (!events.pageInfo.hasNextPage) return found;
    after = events.pageInfo.endCursor;
  }
}

interface Page {
  readonly nodes: readonly LogEvent[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
