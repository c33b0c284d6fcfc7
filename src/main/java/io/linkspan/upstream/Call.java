package io.linkspan.upstream;

/**
 * One Message between its arrival at a pipeline and its end.
 *
 * <pre>
 *              first in its lane           sent               answered, or refused
 *   QUEUED ────────────────────► READY ────────► IN_FLIGHT ──────────────────────► ENDED
 *                                 ▲  ▲               │  │
 *                         pause   │  └───── held ────┘  │ to be retried
 *                         is over └────── DELAYED ◄─────┘
 * </pre>
 *
 * @param <R> the caller's own representation of the Message
 */
final class Call<R> {

  enum State {
    QUEUED,
    READY,
    DELAYED,
    IN_FLIGHT,
    ENDED
  }

  private final R request;

  /** Calls of one lane are sent one after the other; null is a call without an order. */
  final String lane;

  final int bytes;

  /** Whether the Message is worthless when late: it is neither retried nor held. */
  final boolean urgent;

  /** Number in the order of arrival. */
  final long sequence;

  /** Latest time at which it ends, whatever happens. */
  final long latest;

  State state = State.QUEUED;

  /** Attempts that have started. */
  int attempts;

  /** Time by which its next attempt must start. */
  long deadline;

  /** Time of its retry while delayed, or of its time-out while in flight. */
  long wakeAt;

  /** Time by which the service must be available again; 0 unless there was an outage. */
  long heldUntil;

  /** Whether its attempt is the breaker's probe. */
  boolean probe;

  /** Failure of its latest attempt; null while there is none. */
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
