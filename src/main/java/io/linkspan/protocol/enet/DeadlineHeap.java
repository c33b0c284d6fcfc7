package io.linkspan.protocol.enet;

import java.util.Arrays;

/**
 * Orders the endpoints by the time at which they must be woken, earliest first. A deadline that
 * moves away costs nothing: the endpoint is woken early, finds nothing due and is put back.
 */
final class DeadlineHeap {
  private Endpoint[] heap = new Endpoint[64];
  private int size;

  /** The earliest deadline, or {@link Endpoint#NEVER}. */
  long next() {
    return size == 0 ? Endpoint.NEVER : heap[0].wakeAt;
  }

  /** Ensures that the endpoint is woken at {@code due} or earlier. */
  void schedule(Endpoint endpoint, long due) {
    if (endpoint.heapIndex < 0) {
      if (due == Endpoint.NEVER) {
        return;
      }
      if (size == heap.length) {
        heap = Arrays.copyOf(heap, size * 2);
      }
      endpoint.wakeAt = due;
      siftUp(endpoint, size++);
    } else if (due < endpoint.wakeAt) {
      endpoint.wakeAt = due;
      siftUp(endpoint, endpoint.heapIndex);
    }
  }

  /** Removes and returns an endpoint whose deadline is reached, or returns null. */
  Endpoint poll(long now) {
    if (size == 0 || heap[0].wakeAt > now) {
      return null;
    }
    var due = heap[0];
    remove(due);
    return due;
  }

  void remove(Endpoint endpoint) {
    int index = endpoint.heapIndex;
    if (index < 0) {
      return;
    }
    endpoint.heapIndex = -1;
    var last = heap[--size];
    heap[size] = null;
    if (last != endpoint) {
      siftDown(last, index);
      siftUp(last, last.heapIndex);
    }
  }

  private void siftUp(Endpoint endpoint, int from) {
    int index = from;
    while (index > 0) {
      int above = (index - 1) >>> 1;
      if (heap[above].wakeAt <= endpoint.wakeAt) {
        break;
      }
      put(heap[above], index);
      index = above;
    }
    put(endpoint, index);
  }

  private void siftDown(Endpoint endpoint, int from) {
    int index = from;
    while (true) {
      int below = 2 * index + 1;
      if (below >= size) {
        break;
      }
      if (below + 1 < size && heap[below + 1].wakeAt < heap[below].wakeAt) {
        below++;
      }
      if (endpoint.wakeAt <= heap[below].wakeAt) {
        break;
      }
      put(heap[below], index);
      index = below;
    }
    put(endpoint, index);
  }

  private void put(Endpoint endpoint, int index) {
    heap[index] = endpoint;
    endpoint.heapIndex = index;
  }
}
