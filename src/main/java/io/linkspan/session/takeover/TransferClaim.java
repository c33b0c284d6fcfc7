package io.linkspan.session.takeover;

/**
 * The way a session goes from the shard that owns it to the one where its client has come back, as
 * the latter sees it. Pure: it says what to do next, and is told what became of it; times are
 * arguments, in milliseconds.
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
 * <p>Two shards may both be told by an owner, or by what is left of it, that the session is theirs.
 * Which of them has it is decided by one thing only: the directory's entry, which is exchanged only
 * if it is what it was. Whoever has not been entered knows nothing of the session.
 *
 * @param <S> all of a session
 */
public final class TransferClaim<S> {

  /** What to do next. */
  public sealed interface Step {}

  /** Ask the directory who owns the session, then call {@link TransferClaim#found}. */
  public record Find() implements Step {}

  /** Ask the owner for the session, then call {@link TransferClaim#claimed}. */
  public record Claim(String owner, long timeout) implements Step {}

  /**
   * The owner does not answer. Ask whoever has a copy to become the owner, if anybody has; nothing
   * is reported back.
   */
  public record Recall(String owner) implements Step {}

  /** Exchange the directory's entry, then call {@link TransferClaim#entered}. */
  public record Enter(String from, boolean back) implements Step {}

  /** Tell the former owner, then call {@link TransferClaim#confirmed}. */
  public record Confirm(String owner, long timeout) implements Step {}

  /** Wait, then call {@link TransferClaim#paused}. */
  public record Pause(long millis) implements Step {}

  /** The session is ours. */
  public record Won<S>(S state) implements Step {}

  /** It can not be had. */
  public record Lost() implements Step {}

  /** What an owner says to a claim. */
  public enum Verdict {
    GRANTED,
    DENIED,
    ELSEWHERE,
    NO_ANSWER
  }

  /** What a former owner says to a confirmation. */
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
   * @param deadline when to give up
   */
  public TransferClaim(long deadline) {
    this.deadline = deadline;
  }

  /** The first step. */
  public Step start() {
    return new Find();
  }

  /** The directory's answer; null when the session is nowhere. */
  public Step found(String address, long now) {
    if (address == null || now >= deadline) {
      return new Lost();
    }
    owner = address;
    return new Claim(owner, Math.min(CLAIM_TIMEOUT, deadline - now));
  }

  /** The owner's answer; {@code granted} is all of the session, if it was. */
  public Step claimed(Verdict verdict, S granted, long now) {
    return switch (verdict) {
      case GRANTED -> {
        state = granted;
        yield new Enter(owner, false);
      }
      case DENIED -> new Lost();
      case ELSEWHERE -> pause(now);
      case NO_ANSWER -> new Recall(owner);
    };
  }

  /** The recall has been sent. */
  public Step recalled(long now) {
    return pause(now);
  }

  /** Whether the directory's entry was exchanged; false also when it does not answer. */
  public Step entered(boolean exchanged, long now) {
    if (!exchanged) {
      state = null;
      return pause(now);
    }
    confirms = 1;
    return new Confirm(owner, CONFIRM_TIMEOUT);
  }

  /** The former owner's answer. */
  public Step confirmed(Confirmation answer, long now) {
    switch (answer) {
      case STANDS -> {
        return new Won<>(state);
      }
      case WITHDRAWN -> {
        // It waited too long for us, went on, and may know more than we do.
        state = null;
        return new Enter(owner, true);
      }
      case NO_ANSWER -> {
        if (++confirms <= MAX_CONFIRMS) {
          return new Confirm(owner, CONFIRM_TIMEOUT);
        }
        // Dead, or cut off: it will find that the directory names another.
        return new Won<>(state);
      }
    }
    throw new IllegalArgumentException(String.valueOf(answer));
  }

  /** The entry was given back, or not. */
  public Step returned(long now) {
    return pause(now);
  }

  /** The pause is over. */
  public Step paused(long now) {
    return now >= deadline ? new Lost() : new Find();
  }

  private Step pause(long now) {
    if (now >= deadline) {
      return new Lost();
    }
    long millis = Math.min(pause, deadline - now);
    pause = Math.min(2 * pause, MAX_PAUSE);
    return new Pause(millis);
  }
}
