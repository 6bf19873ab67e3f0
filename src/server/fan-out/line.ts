import type { Batch } from "./batch.ts";
import type { Transport } from "./following.ts";

/** The way to whoever made one subscription. */
export interface Line {
  readonly transport: Transport;
  /** So much is unsent that nothing more should be. */
  readonly isFull: boolean;
  send(batch: Batch): void;
  /** Nothing to wait for while more may be sent; else until all is taken or nobody is there. */
  drained(): Promise<void> | undefined;
}
