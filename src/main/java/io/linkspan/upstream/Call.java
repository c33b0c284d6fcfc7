package io.linkspan.upstream;

/**
 * One Message between its arrival at a pipeline and its end.
 *
 * <pre>
 *              its turn in its lane        sent               answered, or given up
 *   BEHIND ────────────────────► READY ────────► IN_FLIGHT ──────────────────────► ENDED
 *                                 ▲  ▲               │  │
 *                         pause   │  └───── held ────┘  │ to be repeated
 *                         is over └────── DELAYED ◄─────┘
 * </pre>
 *
 * @param <R> what it is to whoever sends it
 */
final class Call<R> {

  enum State {
    BEHIND,
    READY,
    DELAYED,
    IN_FLIGHT,
    ENDED
  }

  private final R request;

  /** Calls of one lane go one after the other; null is a call that minds no other. */
  final String lane;

  final int bytes;

  /** Worth nothing when it comes late: neither repeated nor held. */
  final boolean urgent;

  /** In the order of arrival. */
  final long sequence;

  /** By when it ends, whatever happens. */
  final long latest;

  State state = State.BEHIND;

  /** Those that have begun. */
  int attempts;

  /** By when its next attempt has to begin. */
  long deadline;

  /** When it is repeated, or when its attempt has taken too long. */
  long wakeAt;

  /** By when the service has to be back, once it was away; 0 before. */
  long heldUntil;

  /** Whether its attempt shows if the service is back. */
  boolean probe;

  /** How its latest attempt ended; null while there is none. */
  BackendException failure;

  Call(R request, String lane, int bytes, boolean urgent, long sequence, long latest) {
    this.request = request;
    this.lane = lane;
    this.bytes = bytes;
    this.urgent = urgent;
    this.sequence = sequence;
    this.latest = latest;
  }

  R request() {
    return request;
  }
}
