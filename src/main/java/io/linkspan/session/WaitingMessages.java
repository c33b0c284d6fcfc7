package io.linkspan.session;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Messages of one client that wait, in their order, until fewer of it are in flight. Used only on
 * the event loop of the client's shard.
 */
final class WaitingMessages {

  /**
   * A Message that waits.
   *
   * @param received when, in nanoseconds
   */
  record Waiting(Message message, Receipt receipt, long received) {}

  private final Supplier<LimitsConfig> limits;
  private final MemoryAccount memory;
  private final LongAdder gauge;
  private final Queue<Waiting> messages = new ArrayDeque<>();
  private long bytes;

  /**
   * Creates an empty queue.
   *
   * @param limits in force, which can change
   * @param memory is charged for the Messages
   * @param gauge counts the Messages of all queues
   */
  WaitingMessages(Supplier<LimitsConfig> limits, MemoryAccount memory, LongAdder gauge) {
    this.limits = limits;
    this.memory = memory;
    this.gauge = gauge;
  }

  /** Adds a Message; returns false when the limits are reached. */
  boolean offer(Message message, Receipt receipt, long received) {
    int size = MessageSize.of(message);
    LimitsConfig current = limits.get();
    if (messages.size() >= current.waiting() || bytes + size > current.waitingBytes()) {
      return false;
    }
    messages.add(new Waiting(message, receipt, received));
    bytes += size;
    memory.charge(MemoryUse.INBOX, MessageCost.of(message, size));
    gauge.increment();
    return true;
  }

  /** Removes and returns the oldest Message; there must be one. */
  Waiting remove() {
    Waiting oldest = messages.remove();
    int size = MessageSize.of(oldest.message());
    bytes -= size;
    memory.release(MemoryUse.INBOX, MessageCost.of(oldest.message(), size));
    gauge.decrement();
    return oldest;
  }

  /** Removes all Messages. */
  void clear() {
    while (!messages.isEmpty()) {
      remove();
    }
  }

  /** Returns the number of Messages. */
  int count() {
    return messages.size();
  }

  /** Returns the bytes of all Messages. */
  long bytes() {
    return bytes;
  }
}
