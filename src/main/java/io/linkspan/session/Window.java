package io.linkspan.session;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * How much may be under way from one shard to another. The bus takes everything that it is given
 * and keeps it in memory, so its sender has to stop by itself: now and then it asks how far the
 * other one has come, and when too much is not confirmed, what follows waits here. Pure; used only
 * on the event loop of the sender.
 */
final class Window {

  /** Under way at most, unconfirmed. */
  static final int MAX_MESSAGES = 2_048;

  /** The same in bytes; one Message may go over it. */
  static final long MAX_BYTES = 4 << 20;

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
  boolean isOpen() {
    return waiting.isEmpty() && hasRoom();
  }

  private boolean hasRoom() {
    return messages - confirmedMessages < MAX_MESSAGES && bytes - confirmedBytes < MAX_BYTES;
  }

  /** What may not go at once goes in its turn. */
  void await(Runnable next) {
    waiting.add(next);
  }

  int waiting() {
    return waiting.size();
  }

  /** A Message is under way. */
  void sent(int size) {
    messages++;
    bytes += size;
  }

  /**
   * Whether the other shard should be asked how far it has come. Then {@link #confirmed} is to be
   * called when it answers, or {@link #unanswered}.
   */
  boolean asks() {
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
  void confirmed() {
    asking = false;
    confirmedMessages = askedMessages;
    confirmedBytes = askedBytes;
    while (hasRoom() && !waiting.isEmpty()) {
      waiting.remove().run();
    }
  }

  /** It is to be asked again. */
  void unanswered() {
    asking = false;
  }
}
