/**
 * For a field's `extensions`: what it tells depends on more than the log, such as the time, what drivers
 * saw last, or who asks. All other fields tell the same to the same audience as long as the log's head
 * stays where it is, and answers made of them may be given again.
 */
export const VOLATILE = { volatile: true } as const;

/** What a field's `extensions` declare. */
export function isVolatile(extensions: Readonly<Record<string, unknown>>): boolean {
  return extensions["volatile"] === true;
}
