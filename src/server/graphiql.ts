import type { ServerResponse } from "node:http";
import type { Runtime } from "../runtime/ports.ts";
import { type ExampleTab, exampleTabs } from "./examples.ts";

/**
 * The playground. The whole of it is in the page, so that it works without the internet, which the
 * policy below also makes certain: the page can reach nothing but this server.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "worker-src blob:",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The first layout of the page leaves its tabs with an offset that takes effect while a button is
 * pressed: the click then lands beside the tab. Dragging tabs about is given up for clicking them.
 */
const STEADY_TABS = "<style>.graphiql-tabs > li { transform: none !important; }</style>";

/** Nine megabytes of page: loaded when somebody looks, and rendered once around what differs. */
let halves: Promise<readonly [string, string]> | null = null;

async function renderHalves(): Promise<readonly [string, string]> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const mark = "\u0001tabs\u0001";
  const page = renderGraphiQL({
    title: "Evenkeel",
    subscriptionsProtocol: "WS",
    defaultTabs: mark as unknown as [],
  });
  const [before, after] = page.split(JSON.stringify(mark), 2);
  if (before === undefined || after === undefined || !before.includes("</head>"))
    throw new Error("GraphiQL's page has changed");
  return [before.replace("</head>", () => `${STEADY_TABS}</head>`), after];
}

/** JSON that can stand in a script of a page. */
function inScript(tabs: readonly ExampleTab[]): string {
  return JSON.stringify(tabs).replaceAll("<", "\\u003c");
}

async function graphiqlPage(runtime: Runtime | null): Promise<string> {
  halves ??= renderHalves();
  const [before, after] = await halves;
  return `${before}${inScript(exampleTabs(runtime ? namesIn(runtime) : NO_NAMES))}${after}`;
}

/** Without a runtime, the examples name nothing of the fleet. */
export async function sendGraphiql(
  response: ServerResponse,
  runtime: Runtime | null,
): Promise<void> {
  const page = await graphiqlPage(runtime);
  response
    .writeHead(200, {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": POLICY,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cache-Control": "no-store",
    })
    .end(page);
}

const NO_NAMES = { zoneId: "", zone: "", flavor: "", hostId: "" };

/** What the fleet calls the things that the examples are about. */
function namesIn({ queries }: Runtime) {
  const { sqlite } = queries.reader;
  const zone = sqlite
    .prepare<[], { id: number; name: string }>(
      `SELECT zones.id, zones.name FROM zones LEFT JOIN guests ON guests.zone_id = zones.id
       GROUP BY zones.id ORDER BY zones.status = 'HEALTHY' DESC, count(guests.id) DESC, zones.id LIMIT 1`,
    )
    .get();
  const flavor = sqlite
    .prepare<[], string>(`SELECT name FROM flavors ORDER BY memory_mib DESC, id LIMIT 1`)
    .pluck()
    .get();
  const host = sqlite
    .prepare<[], number>(
      `SELECT hosts.id FROM hosts LEFT JOIN guests ON guests.host_id = hosts.id
       GROUP BY hosts.id ORDER BY hosts.status = 'UP' DESC, count(guests.id) DESC, hosts.id LIMIT 1`,
    )
    .pluck()
    .get();
  return {
    zoneId: zone ? btoa(`Zone:${zone.id}`) : "",
    zone: zone?.name ?? "",
    flavor: flavor ?? "",
    hostId: host === undefined ? "" : btoa(`Host:${host}`),
  };
}
