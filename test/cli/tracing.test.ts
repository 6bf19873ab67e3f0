import { createServer } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { readOperatingSettings } from "../../src/server/operating-settings.ts";
import { freePort, start } from "./processes.ts";

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: { stringValue?: string } }[];
}

/** One that keeps the spans that it is sent (OTLP over HTTP, as JSON). */
async function startCollector() {
  const spans: Span[] = [];
  const services = new Set<string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { resourceSpans } = JSON.parse(String(Buffer.concat(chunks)));
    for (const { resource, scopeSpans } of resourceSpans) {
      const name = resource.attributes.find((one: { key: string }) => one.key === "service.name");
      services.add(name.value.stringValue);
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, spans, services };
}

async function serve(env: Record<string, string>) {
  const port = await freePort();
  const args = ["serve", "--port", String(port), "--data-dir", ":memory:", "--clock", "manual"];
  const server = start([...args, "--fleet", "fleets/small.yaml"], env);
  await vi.waitFor(() => expect(server.out()).toContain("Evenkeel listens"), 20_000);
  const ask = (query: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ query }),
    });
  return { server, ask };
}

describe("traces", () => {
  test("lead from an operation over its command to what was decided and written", async () => {
    const collector = await startCollector();
    const { server, ask } = await serve({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const caller = "b7ad6b7169203331";
    await ask(`mutation Disarm { setHighAvailability(input: { enabled: false }) { __typename } }`, {
      traceparent: `00-${traceId}-${caller}-01`,
      "X-Request-Id": "r-1",
    });
    await ask("{ head }");
    expect((await server.kill("SIGTERM")).code).toBe(0);

    const named = (name: string) => collector.spans.find((span) => span.name === name) as Span;
    const operation = named("mutation Disarm");
    const command = named("command SET_HIGH_AVAILABILITY");
    const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === command.spanId);
    expect(operation.parentSpanId).toBe(caller);
    expect(command.parentSpanId).toBe(operation.spanId);
    expect(below.map(({ name }) => name)).toEqual(["decision", "commit"]);
    const spans = [operation, command, ...below];
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const nanos = spans.map(
      (span) => [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)] as const,
    );
    const [, whole, decision, commit] = nanos as [Nanos, Nanos, Nanos, Nanos];
    expect(whole[0] <= decision[0] && decision[1] <= commit[0] && commit[1] <= whole[1]).toBe(true);
    const told = Object.fromEntries(
      spans.flatMap(({ attributes }) =>
        attributes.map(({ key, value }) => [key, value.stringValue]),
      ),
    );
    expect(told).toMatchObject({
      "graphql.operation.type": "mutation",
      "graphql.operation.name": "Disarm",
      "evenkeel.request.id": "r-1",
      "evenkeel.command": "SET_HIGH_AVAILABILITY",
      "evenkeel.result": "OK",
    });
    expect(named("query").parentSpanId).toBeFalsy();
    expect(collector.services).toEqual(new Set(["evenkeel"]));
  });

  test("tell of a query that was answered as before", async () => {
    const collector = await startCollector();
    const { server, ask } = await serve({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const caller = "b7ad6b7169203331";
    const traceparent = `00-0af7651916cd43dd8448eb211c80319c-${caller}-01`;
    await ask("query Head { head }");
    await ask("query Head { head }", { traceparent, "X-Request-Id": "r-2" });
    expect((await server.kill("SIGTERM")).code).toBe(0);

    const [first, again, ...more] = collector.spans.filter(({ name }) => name === "query Head");
    expect(more).toEqual([]);
    expect(first?.parentSpanId).toBeFalsy();
    expect(again?.parentSpanId).toBe(caller);
    expect(again?.attributes).toEqual([
      { key: "graphql.operation.type", value: { stringValue: "query" } },
      { key: "graphql.operation.name", value: { stringValue: "Head" } },
      { key: "evenkeel.request.id", value: { stringValue: "r-2" } },
      { key: "evenkeel.reply.repeated", value: { boolValue: true } },
    ]);
  });

  test("that nobody takes hold up nothing", async () => {
    const { server, ask } = await serve({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
    });
    expect(await (await ask("{ head }")).json()).toHaveProperty("data.head");
    expect((await server.kill("SIGTERM")).code).toBe(0);
  });

  test("are made when there is somewhere to send them to", () => {
    expect(readOperatingSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: " " }).isTraced).toBe(false);
    for (const name of ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
      expect(readOperatingSettings({ [name]: "http://localhost:4318" }).isTraced).toBe(true);
    expect(() => readOperatingSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" })).toThrow(
      "OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318 is not an address such as http://localhost:4318.",
    );
  });
});

type Nanos = readonly [bigint, bigint];
