/** Bounds on what a fleet may say of itself. Far above what is built today, far below overflow. */
export const LIMITS = {
  nameLength: 128,
  cpuCores: 65_536,
  memoryMiB: 1_073_741_824, // 1 PiB
  storageGiB: 1_073_741_824, // 1 EiB
  hosts: 100_000,
  guests: 1_000_000,
  /** `count` of one list item of a fleet document. */
  count: 100_000,
  /** Rules of one security group, and groups of one guest. */
  securityRules: 1_000,
  groupsOfGuest: 100,
  /** Listeners, and target groups, of one load balancer; targets of one group; characters of a check's path. */
  balancingParts: 100,
  targetsOfGroup: 10_000,
  checkPathLength: 1_024,
  /** The text of a fleet document. */
  documentBytes: 16 * 1024 * 1024,
  idempotencyKeyLength: 255,
  /** How long an API token may be asked to live: ten years. */
  tokenSeconds: 3_660 * 86_400,
  /** How far one `advanceClock` may move: a year. */
  advanceSeconds: 366 * 86_400,
  /** How long a fault may be asked to last: ten years. */
  faultSeconds: 3_660 * 86_400,
} as const;

/** Names are what people type and what URLs, logs and drivers must carry unharmed. */
export const NAME_PATTERN = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9])?$/;

export function nameProblem(name: string): string | null {
  if (name.length === 0) return "is empty";
  if (name.length > LIMITS.nameLength) return `is longer than ${LIMITS.nameLength} characters`;
  if (!NAME_PATTERN.test(name))
    return "may hold letters, digits, '.', '_', ':' and '-', and starts and ends with a letter or digit";
  return null;
}
