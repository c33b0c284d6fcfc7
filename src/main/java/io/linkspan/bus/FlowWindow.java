package io.linkspan.bus;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * How much may be under way over the bus to one receiver. The bus takes everything that it is given
 * and keeps it in memory, so its sender has to stop by itself: now and then it asks how far the
 * other one has come, and when too much is not confirmed, what follows waits here. Pure; not safe
 * for use by several threads.
 */
public final class FlowWindow {

  /** Under way at most, unconfirmed. */
  public static final int MAX_MESSAGES = 2_048;

  /** The same in bytes; one Message may go over it. */
  public static final long MAX_BYTES = 4 << 20;

  /** Waiting at most; what is over it is refused. */
  public static final int MAX_WAITING = 10_000;

  /** With a quarter under way it is time to ask. */
  private static final int ASK_AT = 4;

  private final Queue<Runnable> waiting = new ArrayDeque<>(0);
  private long messages;
  private long bytes;
  private long confirmedMessages;
  private long confirmedBytes;
  private boolean asking;
  private long askedMessages;
  private long askedBytes;

  /** Whether the next one may go at once. */
  public boolean isOpen() {
    return waiting.isEmpty() && hasRoom();
  }

  private boolean hasRoom() {
    return messages - confirmedMessages < MAX_MESSAGES && bytes - confirmedBytes < MAX_BYTES;
  }

  /** What may not go at once goes in its turn. */
  public void await(Runnable next) {
    waiting.add(next);
  }

  public int waiting() {
    return waiting.size();
  }

  /** A Message is under way. */
  public void sent(int size) {
    messages++;
    bytes += size;
  }

  /**
   * Whether the receiver should be asked how far it has come. Then {@link #confirmed} is to be
   * called when it answers, or {@link #unanswered}.
   */
  public boolean asks() {
    if (asking
        || ((messages - confirmedMessages) * ASK_AT < MAX_MESSAGES
            && (bytes - confirmedBytes) * ASK_AT < MAX_BYTES)) {
      return false;
    }
    asking = true;
    askedMessages = messages;
    askedBytes = bytes;
    return true;
  }

  /**
   * All that was sent before the question has arrived: sends what waits, as far as there is room.
   */
  public void confirmed() {
    asking = false;
    confirmedMessages = askedMessages;
    confirmedBytes = askedBytes;
    while (hasRoom() && !waiting.isEmpty()) {
      waiting.remove().run();
    }
  }

  /** It is to be asked again. */
  public void unanswered() {
    asking = false;
  }
}
