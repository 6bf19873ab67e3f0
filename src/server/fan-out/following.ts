/** By which way one is sent what one subscribes to. */
export const TRANSPORTS = ["websocket", "sse"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** At the live edge; on the way there; or not taking what it is sent. */
export const FOLLOWING_STATES = ["live", "catching_up", "stalled"] as const;
export type FollowingState = (typeof FOLLOWING_STATES)[number];

/** Where one who listens to events is. */
export interface Following {
  readonly transport: Transport;
  /** Events of the log that it has yet to be given, or that nobody has looked at for it. */
  readonly behind: number;
  readonly state: FollowingState;
}
