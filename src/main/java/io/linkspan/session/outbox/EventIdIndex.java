package io.linkspan.session.outbox;

/**
 * Index of the deliveries of one outbox by eventId, with linear probing: one reference for each
 * slot, and no object for each delivery. Several deliveries may have the same eventId; the order in
 * which they were added stays. An empty index has no array of its own. Pure.
 */
final class EventIdIndex {

  private static final int INITIAL_CAPACITY = 8;

  /** An empty index gives a longer array back. */
  private static final int LONGEST_EMPTY = 64;

  /** The array of an empty index: one slot that is free and that nothing is written to. */
  private static final PendingDelivery[] FREE = {null};

  private PendingDelivery[] slots = FREE;
  private int count;

  /** Returns the oldest delivery with this eventId; null when there is none. */
  PendingDelivery find(String eventId) {
    return find(eventId, null);
  }

  /**
   * Returns the oldest delivery with this eventId and sender; null when there is none.
   *
   * @param from null for any sender
   */
  PendingDelivery find(String eventId, String from) {
    if (count == 0) {
      return null;
    }
    int hash = PendingDelivery.hash(eventId);
    for (int i = home(hash); slots[i] != null; i = next(i)) {
      PendingDelivery delivery = slots[i];
      if (delivery.hash == hash
          && delivery.hasEventId(eventId)
          && (from == null || delivery.message().getFrom().equals(from))) {
        return delivery;
      }
    }
    return null;
  }

  /** Adds a delivery. */
  void add(PendingDelivery delivery) {
    if (4 * (count + 1) > 3 * slots.length) {
      resize();
    }
    count++;
    insert(delivery);
  }

  /**
   * Removes a delivery, which must be in the index. Those that probed past it move up (Knuth 6.4,
   * Algorithm R).
   */
  void remove(PendingDelivery delivery) {
    if (--count == 0 && slots.length > LONGEST_EMPTY) {
      slots = FREE;
      return;
    }
    int hole = home(delivery.hash);
    while (slots[hole] != delivery) {
      hole = next(hole);
    }
    for (int i = next(hole); slots[i] != null; i = next(i)) {
      int home = home(slots[i].hash);
      boolean reachable = hole < i ? home > hole && home <= i : home > hole || home <= i;
      if (!reachable) {
        slots[hole] = slots[i];
        hole = i;
      }
    }
    slots[hole] = null;
  }

  private void insert(PendingDelivery delivery) {
    int i = home(delivery.hash);
    while (slots[i] != null) {
      i = next(i);
    }
    slots[i] = delivery;
  }

  /** Doubles the array. Behind a free slot, deliveries with equal hashes are in their order. */
  private void resize() {
    PendingDelivery[] before = slots;
    slots = new PendingDelivery[Math.max(INITIAL_CAPACITY, 2 * before.length)];
    int free = 0;
    while (before[free] != null) {
      free++;
    }
    for (int i = 1; i < before.length; i++) {
      PendingDelivery delivery = before[(free + i) & (before.length - 1)];
      if (delivery != null) {
        insert(delivery);
      }
    }
  }

  private int home(int hash) {
    return hash & (slots.length - 1);
  }

  private int next(int i) {
    return (i + 1) & (slots.length - 1);
  }
}
