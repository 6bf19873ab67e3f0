import { Cron } from "croner";

/** When a schedule is due next, in ms since the Unix epoch; null for never again. It has no problem. */
export function nextRunMs(cron: string, timeZone: string, afterMs: number): number | null {
  return new Cron(cron, { timezone: timeZone }).nextRun(new Date(afterMs))?.getTime() ?? null;
}

const FIELDS = /^\S+(?:\s+\S+){4,5}$/;

/** What is wrong with a schedule, in words that go on after its name; null when nothing is. */
export function cronProblem(cron: string, timeZone: string): string | null {
  if (!isTimeZone(timeZone)) return `has a time zone that is not known: ${timeZone}`;
  // A date alone is none: it would be due once.
  if (!FIELDS.test(cron.trim())) return `has no cron expression of five or six fields: ${cron}`;
  try {
    new Cron(cron, { timezone: timeZone });
    return null;
  } catch {
    return `has a cron expression that makes no sense: ${cron}`;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}
