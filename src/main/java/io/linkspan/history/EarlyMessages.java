package io.linkspan.history;

import io.linkspan.api.MessageSize;
import java.util.TreeMap;

/** Messages of one log that arrived before earlier ones. Pure. */
final class EarlyMessages {

  /** Messages that are held; others are read from the log. */
  static final int MAX = 64;

  private static final int MAX_BYTES = 256 << 10;

  private final TreeMap<Long, KeptMessage> byOffset = new TreeMap<>();
  private int bytes;

  /** Holds a Message; returns false if it is full. */
  boolean hold(KeptMessage kept) {
    int size = MessageSize.of(kept.message());
    if (byOffset.size() == MAX || bytes + size > MAX_BYTES) {
      return false;
    }
    if (byOffset.putIfAbsent(kept.offset(), kept) == null) {
      bytes += size;
    }
    return true;
  }

  /** Removes the Message with an offset, and all before it; returns null when it is not held. */
  KeptMessage take(long offset) {
    while (!byOffset.isEmpty() && byOffset.firstKey() <= offset) {
      KeptMessage first = byOffset.pollFirstEntry().getValue();
      bytes -= MessageSize.of(first.message());
      if (first.offset() == offset) {
        return first;
      }
    }
    return null;
  }

  void clear() {
    byOffset.clear();
    bytes = 0;
  }

  int bytes() {
    return bytes;
  }
}
