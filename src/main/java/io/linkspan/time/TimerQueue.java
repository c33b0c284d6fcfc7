package io.linkspan.time;

import java.util.Arrays;

/**
 * The deadlines of many {@link DeadlineTimer}s of one event loop, behind one timer of the
 * scheduler. A connection's timer costs tens of bytes in it where one of Vert.x costs hundreds, and
 * deadlines that are close to each other wake the loop once. Used only on the event loop that made
 * it.
 */
public final class TimerQueue {

  private static final long NOT_SCHEDULED = -1;
  private static final int FIRST_CAPACITY = 4;

  /** A deadline is late by at most this part of the time that was left when it was armed. */
  private static final int PRECISION = 64;

  private final Scheduler scheduler;
  private final long maxLateness;

  /** A binary heap: a timer fires before, or with, those at twice its index plus 1 and 2. */
  private DeadlineTimer[] heap = new DeadlineTimer[FIRST_CAPACITY];

  private int size;
  private long timer = NOT_SCHEDULED;
  private long scheduledFor;
  private boolean firing;

  /**
   * Creates a queue on the scheduler's event loop.
   *
   * @param maxLateness milliseconds by which a timer may fire late, a power of two; 0: no timer is
   *     late. A timer is late by at most a 64th of its delay.
   */
  public TimerQueue(Scheduler scheduler, long maxLateness) {
    this.scheduler = scheduler;
    this.maxLateness = maxLateness;
  }

  /** Creates the queue that the connections of the calling event loop share. */
  public static TimerQueue ofConnections(Scheduler scheduler) {
    return new TimerQueue(scheduler, 128);
  }

  /**
   * Returns when a timer fires that is armed now: at the deadline, but not in this turn, or at the
   * next multiple of a power of two, which timers of similar delays share.
   */
  long round(long deadline) {
    long now = scheduler.now();
    if (deadline <= now) {
      return now + 1;
    }
    long grid = Math.min(maxLateness, Long.highestOneBit((deadline - now) / PRECISION));
    return grid < 2 ? deadline : (deadline + grid - 1) & -grid;
  }

  /** Adds a timer, or moves it to its new time. */
  void put(DeadlineTimer entry) {
    if (entry.index() < 0) {
      if (size == heap.length) {
        heap = Arrays.copyOf(heap, size * 2);
      }
      set(size, entry);
      size++;
    }
    siftUp(entry.index());
    siftDown(entry.index());
    schedule();
  }

  /** Removes a timer. The scheduler's timer stays, and may fire for nothing. */
  void remove(DeadlineTimer entry) {
    int index = entry.index();
    entry.index(-1);
    size--;
    DeadlineTimer last = heap[size];
    heap[size] = null;
    if (last != entry) {
      set(index, last);
      siftUp(index);
      siftDown(last.index());
    }
    if (size == 0) {
      unschedule();
    }
  }

  private void schedule() {
    if (size == 0 || firing) {
      return;
    }
    long due = heap[0].dueAt();
    if (timer != NOT_SCHEDULED && scheduledFor <= due) {
      return;
    }
    unschedule();
    scheduledFor = due;
    timer = scheduler.schedule(Math.max(1, due - scheduler.now()), this::fire);
  }

  private void unschedule() {
    if (timer != NOT_SCHEDULED) {
      scheduler.cancel(timer);
      timer = NOT_SCHEDULED;
    }
  }

  private void fire() {
    timer = NOT_SCHEDULED;
    long now = scheduler.now();
    firing = true;
    try {
      while (size > 0 && heap[0].dueAt() <= now) {
        DeadlineTimer due = heap[0];
        remove(due);
        due.fire();
      }
    } finally {
      firing = false;
      // After a failure of one timer, the others fire in the next turn.
      schedule();
    }
  }

  private void siftUp(int from) {
    int index = from;
    DeadlineTimer entry = heap[index];
    while (index > 0) {
      int parent = (index - 1) / 2;
      if (heap[parent].dueAt() <= entry.dueAt()) {
        break;
      }
      set(index, heap[parent]);
      index = parent;
    }
    set(index, entry);
  }

  private void siftDown(int from) {
    int index = from;
    DeadlineTimer entry = heap[index];
    while (true) {
      int child = 2 * index + 1;
      if (child + 1 < size && heap[child + 1].dueAt() < heap[child].dueAt()) {
        child++;
      }
      if (child >= size || entry.dueAt() <= heap[child].dueAt()) {
        break;
      }
      set(index, heap[child]);
      index = child;
    }
    set(index, entry);
  }

  private void set(int index, DeadlineTimer entry) {
    heap[index] = entry;
    entry.index(index);
  }
}
