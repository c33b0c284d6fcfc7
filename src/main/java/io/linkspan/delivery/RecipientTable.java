package io.linkspan.delivery;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Has one value for each recent recipient. Above a number of recipients, those that were used least
 * recently are forgotten if they are idle. Used only on one event loop.
 */
final class RecipientTable<T> {

  /** Recipients whose values are kept in any case. */
  private static final int MAX = 10_000;

  private final Supplier<T> create;
  private final Predicate<T> isIdle;
  private final Map<String, T> values = new LinkedHashMap<>(16, 0.75f, true);

  /** Creates an empty table. */
  RecipientTable(Supplier<T> create, Predicate<T> isIdle) {
    this.create = create;
    this.isIdle = isIdle;
  }

  /** Returns the value of a recipient; null if it has none. */
  T get(String address) {
    return values.get(address);
  }

  /** Returns the value of a recipient, which is created if it has none. */
  T of(String address) {
    T value = values.get(address);
    if (value == null) {
      forgetIdle();
      value = create.get();
      values.put(address, value);
    }
    return value;
  }

  private void forgetIdle() {
    if (values.size() < MAX) {
      return;
    }
    Iterator<T> leastRecent = values.values().iterator();
    while (leastRecent.hasNext() && values.size() >= MAX) {
      if (isIdle.test(leastRecent.next())) {
        leastRecent.remove();
      }
    }
  }
}
