package io.linkspan.bus;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Bounds the messages in flight over the bus to one receiver. The bus keeps everything it accepts
 * in memory, so the sender must limit itself: it asks the receiver for its progress from time to
 * time, and further messages wait here while too many are unconfirmed. Pure; not safe for use by
 * several threads.
 */
public final class FlowWindow {

  /** Most messages in flight, that is, sent and not confirmed. */
  public static final int MAX_MESSAGES = 2_048;

  /** Most bytes in flight; a single message may exceed it. */
  public static final long MAX_BYTES = 4 << 20;

  /** Most waiting messages; the sender refuses further ones. */
  public static final int MAX_WAITING = 10_000;

  /** The sender asks when one part in this many is in flight. */
  private static final int ASK_AT = 4;

  private final Queue<Runnable> waiting = new ArrayDeque<>(0);
  private long messages;
  private long bytes;
  private long confirmedMessages;
  private long confirmedBytes;
  private boolean asking;
  private long askedMessages;
  private long askedBytes;

  /** Whether the next message can be sent immediately. */
  public boolean isOpen() {
    return waiting.isEmpty() && hasRoom();
  }

  private boolean hasRoom() {
    return messages - confirmedMessages < MAX_MESSAGES && bytes - confirmedBytes < MAX_BYTES;
  }

  /** Queues a send that must wait for its turn. */
  public void await(Runnable next) {
    waiting.add(next);
  }

  public int waiting() {
    return waiting.size();
  }

  /** Counts a message that was sent. */
  public void sent(int size) {
    messages++;
    bytes += size;
  }

  /**
   * Whether the sender must ask the receiver for its progress now. If so, it calls {@link
   * #confirmed} or {@link #unanswered} when the question has ended.
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
   * Records that everything sent before the question has arrived, and sends waiting messages while
   * there is room.
   */
  public void confirmed() {
    asking = false;
    confirmedMessages = askedMessages;
    confirmedBytes = askedBytes;
    while (hasRoom() && !waiting.isEmpty()) {
      waiting.remove().run();
    }
  }

  /** Records that the question was not answered, so that it is asked again. */
  public void unanswered() {
    asking = false;
  }
}
