package io.linkspan.upstream;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** Keeps the order of calls that have one: in each lane only the first may be sent. */
final class Lanes<R> {

  private final Map<String, Deque<Call<R>>> lanes = new HashMap<>();

  /**
   * Appends a call to its lane.
   *
   * @return whether it is the first there
   */
  boolean enter(Call<R> call) {
    if (call.lane == null) {
      return true;
    }
    Deque<Call<R>> lane = lanes.computeIfAbsent(call.lane, name -> new ArrayDeque<>(2));
    lane.add(call);
    return lane.size() == 1;
  }

  /**
   * Removes a call that has ended, first in its lane or not.
   *
   * @return the call that is first now; null when the first is unchanged or the lane is empty
   */
  Call<R> leave(Call<R> call) {
    if (call.lane == null) {
      return null;
    }
    Deque<Call<R>> lane = lanes.get(call.lane);
    boolean wasFirst = lane.peek() == call;
    lane.remove(call);
    if (lane.isEmpty()) {
      lanes.remove(call.lane);
    }
    return wasFirst ? lane.peek() : null;
  }
}
