/** OpenTelemetry traces. Loaded only when they are wanted. */

import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as elapsed } from "node:timers/promises";
import {
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { type ExecutionArgs, getOperationAST } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { ApiContext } from "../../schema/context.ts";
import { type CommandReport, type Interval, preciseNowMs } from "../runtime/command-timing.ts";
import type { OperationReport } from "./metrics/operation-report.ts";
import { currentRequestId } from "./request-id.ts";

export interface Tracing {
  /** A span for each operation. */
  readonly plugin: Plugin<ApiContext>;
  /** A span for a query that was answered without being executed; `headers` are its request's. */
  readonly onRepeated: (report: OperationReport, headers: IncomingHttpHeaders) => void;
  /** A span for a command, below that of the operation that it is called in. */
  readonly onCommand: (report: CommandReport) => void;
  /** Sends what is left, as long as it does not take long. */
  close(): Promise<void>;
}

/** A collector that does not answer holds up no stop for longer. */
const CLOSE_MS = 2_000;

/** Where to, and with which headers, is in the environment: `OTEL_EXPORTER_OTLP_…`, as the exporter reads it. */
export function startTracing(): Tracing {
  const named = resourceFromAttributes({ "service.name": "evenkeel" });
  const provider = new TracerProvider({
    resource: named.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer("evenkeel");
  const running = new AsyncLocalStorage<Context>();
  return {
    plugin: operationSpans(tracer, running),
    onRepeated: (report, headers) => traceRepeated(tracer, report, headers),
    onCommand: (report) => traceCommand(tracer, running.getStore() ?? ROOT_CONTEXT, report),
    close: async () => {
      const closed = provider.shutdown().catch(() => undefined);
      await Promise.race([closed, elapsed(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

function operationSpans(tracer: Tracer, running: AsyncLocalStorage<Context>): Plugin<ApiContext> {
  return {
    onExecute: ({ args, executeFn, setExecuteFn }) => {
      const parent = parentOf(args);
      const span = startOperation(tracer, args, parent);
      setExecuteFn((given) => running.run(trace.setSpan(parent, span), () => executeFn(given)));
      return {
        onExecuteDone: ({ result }) => {
          if ("errors" in result && result.errors)
            span.setStatus({
              code: SpanStatusCode.ERROR,
              message: result.errors[0]?.message ?? "",
            });
          span.end();
        },
      };
    },
  };
}

function parentOf({ contextValue }: ExecutionArgs): Context {
  const { headers } = (contextValue as { readonly request?: Request }).request ?? {};
  return contextFrom(headers?.get("traceparent"), headers?.get("tracestate"));
}

/** Whatever its sender was at, if it says so (W3C Trace Context). */
function contextFrom(
  traceparent: string | null | undefined,
  tracestate: string | null | undefined,
): Context {
  if (!traceparent) return ROOT_CONTEXT;
  const carrier = { traceparent, tracestate: tracestate ?? "" };
  return new W3CTraceContextPropagator().extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
}

function startOperation(tracer: Tracer, args: ExecutionArgs, parent: Context): Span {
  const operation = getOperationAST(args.document, args.operationName);
  const { name, attributes } = describe(operation?.operation, operation?.name?.value);
  return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
}

function describe(type = "unknown", name: string | null = null) {
  const requestId = currentRequestId();
  const attributes = {
    "graphql.operation.type": type,
    ...(name !== null && { "graphql.operation.name": name }),
    ...(requestId !== null && { "evenkeel.request.id": requestId }),
  };
  return { name: name === null ? type : `${type} ${name}`, attributes };
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function traceRepeated(
  tracer: Tracer,
  { kind, name: called, outcome, tookMs }: OperationReport,
  headers: IncomingHttpHeaders,
): void {
  const { name, attributes } = describe(kind, called);
  const parent = contextFrom(one(headers["traceparent"]), one(headers["tracestate"]));
  const endMs = preciseNowMs();
  const options = {
    kind: SpanKind.SERVER,
    attributes: { ...attributes, "evenkeel.reply.repeated": true },
    startTime: endMs - tookMs,
  };
  const span = tracer.startSpan(name, options, parent);
  if (outcome !== "ok") span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endMs);
}

function traceCommand(tracer: Tracer, parent: Context, report: CommandReport): void {
  const { kind, result, asked, timing } = report;
  const attributes = {
    "evenkeel.command": kind,
    "evenkeel.result": result.ok ? "OK" : result.rejection.code,
    ...(result.ok && { "evenkeel.log.position": result.seq }),
  };
  const span = tracer.startSpan(
    `command ${kind}`,
    { attributes, startTime: asked.startMs },
    parent,
  );
  const inside = trace.setSpan(parent, span);
  const part = (name: string, { startMs, endMs }: Interval) =>
    tracer.startSpan(name, { startTime: startMs }, inside).end(endMs);
  if (timing) part("decision", timing.decision);
  if (timing) part("commit", timing.commit);
  span.end(asked.endMs);
}
