/** What happened, as text: the log with times since the beginning, between the steps that led to it. */
import { ask } from "../request.ts";
import type { Scenario } from "./folder.ts";

/** How often a guest was made from the document is no part of the story. */
const BORING = ["GUEST_CREATED"];
const PAGE = 100;

interface LogEvent {
  readonly occurredAt: string;
  readonly kind: string;
  readonly category: string;
  readonly severity: string;
  readonly message: string;
}

/** What a step did, and where in the log that was. */
export interface Heading {
  readonly atMs: number;
  readonly text: string;
}

export async function transcribe(
  url: string,
  startMs: number,
  { log, title }: Pick<Scenario, "log" | "title">,
  headings: readonly Heading[],
): Promise<string> {
  const events = (await eventsOf(url, log))
    .filter(({ kind, category, severity }) => {
      if ((log.without ?? BORING).includes(kind)) return false;
      return log.kinds !== undefined || category !== "INVENTORY" || severity !== "INFO";
    })
    .map(({ occurredAt, message }) => ({ atMs: Date.parse(occurredAt) - startMs, text: message }))
    .filter(({ atMs }) => atMs >= log.fromSeconds * 1000);
  const lines = [`# ${title}`];
  const waiting = [...headings];
  for (const { atMs, text } of events) {
    while (waiting[0] && waiting[0].atMs <= atMs) lines.push(...headingLines(waiting.shift()));
    lines.push(`${seconds(atMs)}  ${text}`);
  }
  for (const heading of waiting) lines.push(...headingLines(heading));
  return `${lines.join("\n")}\n`;
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
          nodes { occurredAt kind category severity message }
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
