/** A message. In one that you receive, empty fields are missing. */
export interface Message {
  /** Unique for the sender. Chosen by the client if it is empty. */
  eventId?: string;
  /** The authenticated user; set by the gateway. */
  from?: string;
  /** A user's name, or `user:NAME`, `group:NAME`, `service:NAME`. */
  to?: string;
  /** RFC 3339 in UTC. */
  createAt?: string;
  type?: string;
  body?: string;
  attachments?: Uint8Array[];
  contentType?: string;
  headers?: Record<string, string>;
  /** eventId of the message that this one answers. */
  replyTo?: string;
}

/** A message from the gateway. */
export type ReceivedMessage = Message & { eventId: string };

/** The content of one frame; `module` is that of a heartbeat. */
export interface Packet {
  message?: Message | string;
  ack?: { eventId?: string };
  module?: string;
}

export type State = "closed" | "connecting" | "open" | "waiting";

export interface StateDetail {
  /** The close code, when the state is `waiting` or `closed`. */
  code?: number;
  /** The close reason. */
  reason?: string;
  /** Time until the next attempt, when the state is `waiting`. */
  delayMs?: number;
  /** Whether the session was resumed, when the state is `open`. If not, messages may have been missed. */
  recovered?: boolean;
}

/** The part of the WebSocket interface that the client uses. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: any) => any) | null;
  onmessage: ((event: any) => any) | null;
  onclose: ((event: any) => any) | null;
  onerror: ((event: any) => any) | null;
  send(data: any): void;
  close(code?: number): void;
}

export interface Options {
  /** The user's name, for a gateway that does not verify it. */
  user?: string;
  /** Key of the device, where each device of a user has a mailbox: 1 to 64 of `A-Z a-z 0-9 . _ -`, the same in each connection. */
  device?: string;
  /** The user's token, or a function that provides one for each connection and before the current one expires. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Token of a session to resume, which an earlier client had as `session`. */
  session?: string;
  /**
   * Called once for each message, in order. The message is acknowledged when the result is there. A result with
   * content is the answer to the sender. After an exception the message arrives again.
   */
  onMessage?: (message: ReceivedMessage) => void | Message | Promise<void | Message>;
  onState?: (state: State, detail: StateDetail) => void;
  /** Called for what no promise reports: a frame that cannot be read, a provider of tokens that fails, a group that is not joined again. */
  onError?: (error: unknown) => void;
  /** Called for each frame, for debugging. */
  onFrame?: (direction: "in" | "out", packet: Packet, frame: Uint8Array | ArrayBuffer | string) => void;
  /** The class of the socket. Default: the platform's. */
  WebSocket?: new (url: string, protocols: string[]) => WebSocketLike;
  /** Sends text frames (the subprotocol linkspan.json) instead of binary ones. */
  json?: boolean;
  /** From the request for a token to the session. Default: 15,000. */
  connectTimeoutMs?: number;
  /** Between heartbeats. The connection is lost when one has no answer at the time of the next. Default: 20,000. */
  heartbeatMs?: number;
  /** The back-off doubles from this delay. Default: 500. */
  firstDelayMs?: number;
  /** Longest delay of the back-off. Default: 30,000. */
  maxDelayMs?: number;
  /** A connection that lasts this long resets the back-off. Default: 5,000. */
  stableMs?: number;
  /**
   * A message without an outcome is sent again for so long, and then rejected as `timeout`. Must be less than the
   * gateway's `delivery.duplicates.window`. Default: 100,000.
   */
  resendWithinMs?: number;
  /** Bytes of one frame; above: `too-large`. Default: 1 MiB. */
  maxMessage?: number;
  /** Messages without an outcome, and calls without an answer; above: `queue-full`. Default: 500. */
  maxQueue?: number;
  /** Bytes of the messages without an outcome; above: `queue-full`. Default: 4 MiB. */
  maxQueueBytes?: number;
  /** Received messages that are recognised when they arrive again. Default: 2,000. */
  maxSeen?: number;
}

/** A refusal. `code` is an error code of the gateway, or `closed`. */
export class LinkspanError extends Error {
  constructor(code: string, message: string, retryAfterMs?: number);
  readonly code: string;
  /** When to try again; 0 is unknown. */
  readonly retryAfterMs: number;
}

/** One connection to a gateway, which resumes its session until it is closed. */
export class Linkspan {
  /** @param url of the gateway's WebSocket, with `ws`, `wss`, `http` or `https`; in a page also a path */
  constructor(url: string | URL, options?: Options);

  readonly state: State;
  /** Token of the current session; empty: none. Keep it secret. */
  readonly session: string;
  /** The groups that the client has joined. */
  readonly groups: string[];
  /** Number of messages without an outcome. */
  readonly pending: number;

  /**
   * Connects, or makes the next attempt at once. Resolves when the connection is open, and rejects when the client
   * closes without having been open.
   */
  connect(): Promise<void>;

  /** Ends the connection and the session. Everything without an outcome is rejected as `closed`. */
  close(): void;

  /** Sends a message, now or after the next connect. Resolves with its eventId when the recipient has it. */
  send(message: Message): Promise<string>;

  /** Sends a message, and resolves with the answer. Rejects with `timeout` after 30 s or the given time. */
  call(message: Message, timeoutMs?: number): Promise<ReceivedMessage>;

  /**
   * Sends a message, and yields the parts of its streamed answer in order. A part is acknowledged when the next one is
   * asked for, so the service waits for the loop. Leaving the loop, or the signal, cancels the stream. An answer that
   * is not streamed is the only part. Throws a LinkspanError with the code of the stream's end, `timeout` when no part
   * arrives within `idleMs` (default: 120,000), and `unavailable` when the session is lost.
   */
  stream(message: Message, options?: { idleMs?: number; signal?: AbortSignal }): AsyncGenerator<ReceivedMessage, void, void>;

  /**
   * Follows a streamed answer that another device of the user has asked for, from its first part or the part `since`, and
   * yields the parts in order. The id is the header `stream` of its parts. Goes on after the loss of a session. Leaving the
   * loop, or the signal, ends that. Throws a LinkspanError with the code of the stream's end, `no-such-recipient` when no such
   * stream is kept, `unavailable` when the part is not kept any more, and `timeout` when no part arrives within `idleMs`.
   */
  follow(
    stream: string,
    options?: { since?: number; idleMs?: number; signal?: AbortSignal },
  ): AsyncGenerator<ReceivedMessage, void, void>;

  /** Joins groups, and joins them again after the loss of a session. */
  join(...groups: string[]): Promise<void>;

  /**
   * Joins a group, or is its member already, and gets what it missed: after a position, since a time or so many messages.
   * They arrive as other messages, in order, when the promise has resolved. `recovered` is false when a part is missing. After
   * the loss of a session the group is joined again, without `since`. Rejects with `timeout` when the outcome is unknown.
   */
  joinSince(group: string, since: string | number): Promise<{ recovered: boolean; position: string }>;

  leave(...groups: string[]): Promise<void>;

  /**
   * Watches which users are in a group. The callback receives all of them, first when they are known and then whenever
   * some join or leave, and null while the group has more than the gateway tells. Resolves with a function that ends the
   * watch. A group has one callback; it is watched again after the loss of a session.
   */
  presence(group: string, callback: (users: string[] | null, change: { joined: string[]; left: string[] }) => unknown): Promise<() => void>;
}

/** Returns when to reconnect after a close code. */
export function reconnectAfter(code: number): "as you like" | "at once" | "later" | "with another token" | "never";

/** Encodes `{message}` or `{ack}` as a binary frame. */
export function encodeFrame(packet: { message?: Message; ack?: { eventId: string } }): Uint8Array;

/** Decodes a binary frame. Throws a RangeError or TypeError if it is malformed. */
export function decodeFrame(frame: Uint8Array): { message?: Message; ack?: { eventId?: string } };
