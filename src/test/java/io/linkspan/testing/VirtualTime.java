package io.linkspan.testing;

import io.linkspan.time.Scheduler;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Time that passes only when a test says so. Actions at one moment run in the order in which they
 * were scheduled.
 */
public final class VirtualTime implements Scheduler {

  private record Event(long at, long number, Runnable action) {}

  private final PriorityQueue<Event> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::number));
  private final Map<Long, Event> timers = new HashMap<>();
  private long now;
  private long last;

  /** Begins at a time that is not zero, which code may use for "never". */
  public VirtualTime() {
    this(1_000);
  }

  /** Begins at {@code now}, in milliseconds. */
  public VirtualTime(long now) {
    this.now = now;
  }

  @Override
  public long now() {
    return now;
  }

  @Override
  public long schedule(long delay, Runnable action) {
    var event = new Event(now + delay, ++last, action);
    agenda.add(event);
    timers.put(event.number(), event);
    return event.number();
  }

  @Override
  public void cancel(long timer) {
    Event event = timers.remove(timer);
    if (event != null) {
      agenda.remove(event);
    }
  }

  @Override
  public void defer(Runnable action) {
    schedule(0, action);
  }

  /** Runs what is due until {@code time}, in order, and ends there. */
  public void advanceTo(long time) {
    while (!agenda.isEmpty() && agenda.peek().at() <= time) {
      Event next = agenda.remove();
      timers.remove(next.number());
      now = Math.max(now, next.at());
      next.action().run();
    }
    now = Math.max(now, time);
  }

  /** Lets this much time pass. */
  public void advance(long millis) {
    advanceTo(now + millis);
  }

  /** Runs what is due now. */
  public void runDue() {
    advanceTo(now);
  }

  /** Moves the clock without running anything, as while a process is frozen. */
  public void freeze(long millis) {
    now += millis;
  }

  /** Returns when the next action is due; {@link Long#MAX_VALUE} is never. */
  public long nextDeadline() {
    return agenda.isEmpty() ? Long.MAX_VALUE : agenda.peek().at();
  }
}
