import type { Forecast } from "../../demand.ts";

/** How the numbers behind a decision are told. */

export function cores(millicores: number): string {
  return `${Math.round(millicores / 10) / 100}`;
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} %`;
}

export function wattHours(wattHours: number): string {
  return `${Math.round(wattHours)} Wh`;
}

/** "is asked for 6.1 of 5.3 cores". */
export function asksFor({ latest }: Pick<Forecast, "latest">, limit: number): string {
  return `is asked for ${cores(latest)} of ${cores(limit)} cores`;
}
