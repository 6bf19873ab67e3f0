import { styleText } from "node:util";
import type { BasicEvent } from "../client/listen.ts";

type Style = Parameters<typeof styleText>[0];

const STYLES: Readonly<Record<string, Style>> = {
  DEBUG: "dim",
  NOTICE: "cyan",
  WARNING: "yellow",
  ERROR: "red",
  CRITICAL: ["bold", "white", "bgRed"],
};

/** The longest names of both: columns stand still. */
const SEVERITY_WIDTH = "CRITICAL".length;
const CATEGORY_WIDTH = "HIGH_AVAILABILITY".length;

/** One event as one line for people: time, severity, category, message. */
export function formatEvent(event: BasicEvent, stream: NodeJS.WriteStream): string {
  const styled = (style: Style | undefined, text: string) =>
    style ? styleText(style, text, { stream }) : text;
  const time = event.occurredAt.replace("T", " ").replace("Z", "");
  const style = STYLES[event.severity];
  return [
    styled("dim", time),
    styled(style, event.severity.padEnd(SEVERITY_WIDTH)),
    styled("dim", event.category.padEnd(CATEGORY_WIDTH)),
    // A message may quote what a driver said: nothing in it may steer the terminal.
    styled(event.severity === "DEBUG" ? "dim" : undefined, event.message.replace(/\p{Cc}/gu, " ")),
  ].join("  ");
}
