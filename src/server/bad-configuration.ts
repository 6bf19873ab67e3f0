/** A setting makes no sense; the message says which, and what would. */
export class BadConfiguration extends Error {}
