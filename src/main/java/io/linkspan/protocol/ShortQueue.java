package io.linkspan.protocol;

import java.util.ArrayDeque;

/**
 * A queue that is nearly always empty or has one element, and needs little memory then: every
 * connection has some of them. Pure.
 *
 * @param <E> the elements, which are not null
 */
public final class ShortQueue<E> {

  /** The oldest element; null when the queue is empty. */
  private E first;

  /** The elements behind it, at least one; null when there are none. */
  private ArrayDeque<E> others;

  /** Adds an element as the newest one. */
  public void add(E element) {
    if (first == null) {
      first = element;
      return;
    }
    if (others == null) {
      others = new ArrayDeque<>(4);
    }
    others.add(element);
  }

  /** Removes and returns the oldest element; null when the queue is empty. */
  public E poll() {
    E oldest = first;
    if (others == null) {
      first = null;
    } else {
      first = others.remove();
      others = others.isEmpty() ? null : others;
    }
    return oldest;
  }

  /** Returns whether there are no elements. */
  public boolean isEmpty() {
    return first == null;
  }

  /** Returns the number of elements. */
  public int size() {
    return first == null ? 0 : others == null ? 1 : 1 + others.size();
  }

  /** Removes all elements. */
  public void clear() {
    first = null;
    others = null;
  }
}
