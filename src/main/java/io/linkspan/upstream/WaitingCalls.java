package io.linkspan.upstream;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Holds the calls that are not in flight. Finds the next deadline of all, the earliest that may be
 * sent, and the next that is to be retried.
 */
final class WaitingCalls<R> {

  private static final Comparator<Call<?>> BY_ARRIVAL = Comparator.comparingLong(c -> c.sequence);
  private static final Comparator<Call<?>> BY_DEADLINE =
      Comparator.<Call<?>>comparingLong(c -> c.deadline).thenComparing(BY_ARRIVAL);
  private static final Comparator<Call<?>> BY_WAKING =
      Comparator.<Call<?>>comparingLong(c -> c.wakeAt).thenComparing(BY_ARRIVAL);

  private final NavigableSet<Call<R>> all = new TreeSet<>(BY_DEADLINE);
  private final NavigableSet<Call<R>> ready = new TreeSet<>(BY_ARRIVAL);
  private final NavigableSet<Call<R>> delayed = new TreeSet<>(BY_WAKING);
  private long bytes;

  void add(Call<R> call) {
    all.add(call);
    bytes += call.bytes;
    if (call.state == Call.State.DELAYED) {
      delayed.add(call);
    }
  }

  void remove(Call<R> call) {
    all.remove(call);
    ready.remove(call);
    delayed.remove(call);
    bytes -= call.bytes;
  }

  /** Marks a call that is in here as one that may be sent. */
  void makeReady(Call<R> call) {
    delayed.remove(call);
    call.state = Call.State.READY;
    ready.add(call);
  }

  /** Changes the deadline of a call that is in here. */
  void setDeadline(Call<R> call, long deadline) {
    all.remove(call);
    call.deadline = deadline;
    all.add(call);
  }

  /** Returns the earliest call that may be sent; null when there is none. */
  Call<R> firstReady() {
    return ready.isEmpty() ? null : ready.first();
  }

  /** Returns a call whose deadline has passed; null when there is none. */
  Call<R> expired(long now) {
    return all.isEmpty() || all.first().deadline > now ? null : all.first();
  }

  /** Returns a call whose pause is over; null when there is none. */
  Call<R> awake(long now) {
    return delayed.isEmpty() || delayed.first().wakeAt > now ? null : delayed.first();
  }

  /** Returns the earliest deadline or end of a pause. */
  long nextDeadline() {
    long next = all.isEmpty() ? Long.MAX_VALUE : all.first().deadline;
    return delayed.isEmpty() ? next : Math.min(next, delayed.first().wakeAt);
  }

  /** Returns a copy of all calls, in the order of their arrival. */
  List<Call<R>> inOrder() {
    List<Call<R>> calls = new ArrayList<>(all);
    calls.sort(BY_ARRIVAL);
    return calls;
  }

  int size() {
    return all.size();
  }

  long bytes() {
    return bytes;
  }
}
