package io.linkspan.upstream;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The calls that are not in flight: by their deadlines, and of those that may be sent the earliest,
 * of those that are to be repeated the next one.
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

  /** A call that is in here may be sent. */
  void makeReady(Call<R> call) {
    delayed.remove(call);
    call.state = Call.State.READY;
    ready.add(call);
  }

  /** A call that is in here has more or less time. */
  void setDeadline(Call<R> call, long deadline) {
    all.remove(call);
    call.deadline = deadline;
    all.add(call);
  }

  /** The earliest that may be sent; null when none may. */
  Call<R> firstReady() {
    return ready.isEmpty() ? null : ready.first();
  }

  /** One whose deadline has come; null when there is none. */
  Call<R> expired(long now) {
    return all.isEmpty() || all.first().deadline > now ? null : all.first();
  }

  /** One whose pause is over; null when there is none. */
  Call<R> awake(long now) {
    return delayed.isEmpty() || delayed.first().wakeAt > now ? null : delayed.first();
  }

  /** When the next deadline comes or the next pause is over. */
  long nextDeadline() {
    long next = all.isEmpty() ? Long.MAX_VALUE : all.first().deadline;
    return delayed.isEmpty() ? next : Math.min(next, delayed.first().wakeAt);
  }

  /** All there are now, in the order of their arrival; the list does not change with this. */
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
