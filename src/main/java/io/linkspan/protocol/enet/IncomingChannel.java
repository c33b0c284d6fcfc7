package io.linkspan.protocol.enet;

/** Puts the messages that arrive on one channel into order (§10.1 to §10.3, §10.5). */
final class IncomingChannel {

  /** Takes what a channel delivers or gives up. */
  interface Sink {
    void deliver(int channel, Delivery delivery, byte[] payload);

    /** A message is no longer held back. */
    void release(IncomingMessage message);
  }

  private static final int WINDOW_SIZE = 4096;
  private static final int WINDOWS = 16;

  /** Windows ahead of the last delivered number that are taken; the next two are not answered. */
  private static final int FREE_WINDOWS = 7;

  private static final int UNANSWERED_WINDOWS = FREE_WINDOWS + 2;

  /** Unreliable messages held back at once; further ones are dropped, which they may be. */
  private static final int UNRELIABLE_HELD = 256;

  private final int number;
  private int lastReliable;
  private int lastUnreliable;
  private final SequenceMap<IncomingMessage> reliable = new SequenceMap<>();
  private IncomingMessage firstUnreliable;
  private int unreliableHeld;

  IncomingChannel(int number) {
    this.number = number;
  }

  boolean accepts(int sequence) {
    return windowsAhead(sequence) < FREE_WINDOWS;
  }

  /** Whether a number is so far ahead that its sender must wait and repeat it. */
  boolean leavesUnanswered(int sequence) {
    int ahead = windowsAhead(sequence);
    return ahead >= FREE_WINDOWS && ahead < UNANSWERED_WINDOWS;
  }

  private int windowsAhead(int sequence) {
    int window = sequence / WINDOW_SIZE + (sequence < lastReliable ? WINDOWS : 0);
    return window - lastReliable / WINDOW_SIZE;
  }

  boolean isNext(int sequence) {
    return sequence == ((lastReliable + 1) & 0xFFFF);
  }

  boolean isLast(int sequence) {
    return sequence == lastReliable;
  }

  IncomingMessage held(int sequence) {
    return reliable.get(sequence);
  }

  void hold(IncomingMessage message) {
    reliable.put(message);
  }

  /** Delivers the next reliable message, and all messages that waited for it. */
  void deliverNext(byte[] payload, Sink to) {
    to.deliver(number, Delivery.RELIABLE, payload);
    advance(1, to);
    deliverHeld(to);
  }

  /** Delivers the reliable messages that have become deliverable. */
  void deliverHeld(Sink to) {
    while (reliable.size() > 0) {
      int sequence = (lastReliable + 1) & 0xFFFF;
      var message = reliable.get(sequence);
      if (message == null || !message.isComplete()) {
        return;
      }
      reliable.remove(sequence);
      to.release(message);
      to.deliver(number, Delivery.RELIABLE, message.payload());
      advance(message.fragmentCount, to);
    }
  }

  private void advance(int numbers, Sink to) {
    for (int i = 0; i < numbers; i++) {
      lastReliable = (lastReliable + 1) & 0xFFFF;
      // A correct sender never puts another message under the number of a fragment.
      var stray = i > 0 && reliable.size() > 0 ? reliable.remove(lastReliable) : null;
      if (stray != null) {
        to.release(stray);
      }
    }
    lastUnreliable = 0;
    deliverUnreliable(to);
  }

  /** Whether an unreliable message is newer than the last delivered one. */
  boolean acceptsUnreliable(int reliableNumber, int unreliableNumber) {
    return accepts(reliableNumber)
        && (reliableNumber != lastReliable || unreliableNumber > lastUnreliable);
  }

  /** Whether an acceptable unreliable message can be delivered at once. */
  boolean isTimely(int reliableNumber) {
    return reliableNumber == lastReliable && firstUnreliable == null;
  }

  void deliverTimely(int unreliableNumber, Delivery delivery, byte[] payload, Sink to) {
    lastUnreliable = unreliableNumber;
    to.deliver(number, delivery, payload);
  }

  /** The unreliable message held under these numbers, or null. */
  IncomingMessage heldUnreliable(int reliableNumber, int unreliableNumber) {
    for (var held = firstUnreliable; held != null; held = held.next) {
      if (held.unreliableNumber == unreliableNumber && held.reliableNumber == reliableNumber) {
        return held;
      }
    }
    return null;
  }

  boolean isUnreliableFull() {
    return unreliableHeld >= UNRELIABLE_HELD;
  }

  void holdUnreliable(IncomingMessage message) {
    IncomingMessage before = null;
    var after = firstUnreliable;
    while (after != null && order(after) < order(message)) {
      before = after;
      after = after.next;
    }
    message.next = after;
    if (before == null) {
      firstUnreliable = message;
    } else {
      before.next = message;
    }
    unreliableHeld++;
  }

  private int order(IncomingMessage message) {
    return distance(message) << 16 | message.unreliableNumber;
  }

  /** How far the reliable message that it follows is ahead; negative when that was delivered. */
  private int distance(IncomingMessage message) {
    return (short) (message.reliableNumber - lastReliable);
  }

  /**
   * Delivers the complete unreliable messages that follow the last reliable one. Delivering one
   * discards those before it, complete or not.
   */
  void deliverUnreliable(Sink to) {
    for (var message = firstUnreliable; message != null; message = message.next) {
      int distance = distance(message);
      if (distance > 0) {
        return;
      }
      if (distance < 0 || message.isComplete()) {
        discardBefore(message, to);
        unlinkFirst(to);
        if (distance == 0 && message.unreliableNumber > lastUnreliable) {
          lastUnreliable = message.unreliableNumber;
          to.deliver(number, message.delivery, message.payload());
        }
      }
    }
  }

  private void discardBefore(IncomingMessage message, Sink to) {
    while (firstUnreliable != message) {
      unlinkFirst(to);
    }
  }

  private void unlinkFirst(Sink to) {
    to.release(firstUnreliable);
    firstUnreliable = firstUnreliable.next;
    unreliableHeld--;
  }

  /** Discards the unreliable messages that are incomplete. */
  void discardIncomplete(Sink to) {
    IncomingMessage before = null;
    for (var message = firstUnreliable; message != null; message = message.next) {
      if (message.isComplete()) {
        before = message;
        continue;
      }
      to.release(message);
      unreliableHeld--;
      if (before == null) {
        firstUnreliable = message.next;
      } else {
        before.next = message.next;
      }
    }
  }
}
