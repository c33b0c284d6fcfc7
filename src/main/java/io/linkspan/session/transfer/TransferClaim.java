package io.linkspan.session.transfer;

/**
 * State machine of a shard that claims a session from its owner, since the client has reconnected
 * here. Pure: it returns the next step and takes the outcome of that step; times are arguments, in
 * milliseconds.
 *
 * <pre>
 *           owner found         granted           the directory names us     stands
 *   FINDING ───────────► CLAIMING ─────► ENTERING ──────────────► CONFIRMING ───────► won
 *     ▲  │ nowhere, late    │ │              │ somebody else              │ withdrawn
 *     │  └──► lost ◄────────┘ │ elsewhere,   │                            ▼
 *     │         denied        │ no answer    │                         RETURNING
 *     └───────────────── PAUSING ◄───────────┴────────────────────────────┘
 * </pre>
 *
 * <p>Two shards may both have been granted the session, by its owner or by the holder of a replica.
 * Only the directory's entry decides which of them has it: it is exchanged only if it is what it
 * was. A shard that was not entered discards the session.
 *
 * @param <S> the state of a session
 */
public final class TransferClaim<S> {

  /** The next step. */
  public sealed interface Step {}

  /** Ask the directory who owns the session, then call {@link TransferClaim#found}. */
  public record Find() implements Step {}

  /** Ask the owner for the session, then call {@link TransferClaim#claimed}. */
  public record Claim(String owner, long timeout) implements Step {}

  /**
   * Ask the holder of a replica, if there is one, to become the owner, since the owner does not
   * answer; nothing is reported back.
   */
  public record Recall(String owner) implements Step {}

  /** Exchange the directory's entry, then call {@link TransferClaim#entered}. */
  public record Enter(String from, boolean back) implements Step {}

  /** Tell the former owner, then call {@link TransferClaim#confirmed}. */
  public record Confirm(String owner, long timeout) implements Step {}

  /** Wait, then call {@link TransferClaim#paused}. */
  public record Pause(long millis) implements Step {}

  /** The session is here. */
  public record Won<S>(S state) implements Step {}

  /**
   * The session cannot be had.
   *
   * @param certain false when time ran out before that was known
   */
  public record Lost(boolean certain) implements Step {}

  /** An owner's answer to a claim. */
  public enum Verdict {
    GRANTED,
    DENIED,
    ELSEWHERE,
    NO_ANSWER
  }

  /** A former owner's answer to a confirmation. */
  public enum Confirmation {
    STANDS,
    WITHDRAWN,
    NO_ANSWER
  }

  private static final long CLAIM_TIMEOUT = 1_500;
  private static final long CONFIRM_TIMEOUT = 500;
  private static final int MAX_CONFIRMS = 3;
  private static final long FIRST_PAUSE = 20;
  private static final long MAX_PAUSE = 500;

  private final long deadline;
  private String owner;
  private S state;
  private long pause = FIRST_PAUSE;
  private int confirms;

  /**
   * Creates a claim.
   *
   * @param deadline when to give up
   */
  public TransferClaim(long deadline) {
    this.deadline = deadline;
  }

  /** Returns the first step. */
  public Step start() {
    return new Find();
  }

  /** Takes the directory's answer; null when it has no entry of the session. */
  public Step found(String address, long now) {
    if (address == null || now >= deadline) {
      return new Lost(address == null);
    }
    owner = address;
    return new Claim(owner, Math.min(CLAIM_TIMEOUT, deadline - now));
  }

  /** Takes the owner's answer; {@code granted} is the state, if it was granted. */
  public Step claimed(Verdict verdict, S granted, long now) {
    return switch (verdict) {
      case GRANTED -> {
        state = granted;
        yield new Enter(owner, false);
      }
      case DENIED -> new Lost(true);
      case ELSEWHERE -> pause(now);
      case NO_ANSWER -> new Recall(owner);
    };
  }

  /** The recall has been sent. */
  public Step recalled(long now) {
    return pause(now);
  }

  /** Takes whether the directory's entry was exchanged; false also when it does not answer. */
  public Step entered(boolean exchanged, long now) {
    if (!exchanged) {
      state = null;
      return pause(now);
    }
    confirms = 1;
    return new Confirm(owner, CONFIRM_TIMEOUT);
  }

  /** Takes the former owner's answer. */
  public Step confirmed(Confirmation answer, long now) {
    switch (answer) {
      case STANDS -> {
        return new Won<>(state);
      }
      case WITHDRAWN -> {
        // Its time to wait was over; its state may be newer than ours.
        state = null;
        return new Enter(owner, true);
      }
      case NO_ANSWER -> {
        if (++confirms <= MAX_CONFIRMS) {
          return new Confirm(owner, CONFIRM_TIMEOUT);
        }
        // Crashed or partitioned: it will find that the directory names another shard.
        return new Won<>(state);
      }
    }
    throw new IllegalArgumentException(String.valueOf(answer));
  }

  /** The entry was given back, or that failed. */
  public Step returned(long now) {
    return pause(now);
  }

  /** The pause is over. */
  public Step paused(long now) {
    return now >= deadline ? new Lost(false) : new Find();
  }

  private Step pause(long now) {
    if (now >= deadline) {
      return new Lost(false);
    }
    long millis = Math.min(pause, deadline - now);
    pause = Math.min(2 * pause, MAX_PAUSE);
    return new Pause(millis);
  }
}
