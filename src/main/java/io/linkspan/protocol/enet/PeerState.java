package io.linkspan.protocol.enet;

/**
 * The states of a connection (§5).
 *
 * <pre>
 *                VERIFY_CONNECT                 disconnectLater
 *   CONNECTING ────────────────► CONNECTED ──────────────────► DISCONNECT_LATER
 *       │                         ▲  │  │                        │      │
 *       │   client's confirmation │  │  │ disconnect             │ all  │
 *       │   (the host's HalfOpen) ┘  │  ▼                        │ acknowledged
 *       │                            │  DISCONNECTING ◄──────────┼──────┘
 *       │ timeout, bad answer        │    │ acknowledged         │
 *       │                            │    │                      │ timeout, DISCONNECT,
 *       ▼                            ▼    ▼                      ▼ disconnectNow, reset
 *   DISCONNECTED ◄───────────────────────────────────────────────
 * </pre>
 */
public enum PeerState {
  /** Our CONNECT is in flight. */
  CONNECTING,
  /** Messages go both ways. */
  CONNECTED,
  /** Queued messages are still sent; received ones are discarded. */
  DISCONNECT_LATER,
  /** Our DISCONNECT is in flight. */
  DISCONNECTING,
  /** The connection has ended. */
  DISCONNECTED
}
