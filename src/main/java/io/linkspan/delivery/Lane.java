package io.linkspan.delivery;

import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Addresses and waiting Messages of one recipient. Used only on the router's event loop. */
final class Lane<P extends RoutedMessage> {

  Collection<String> addresses = List.of();

  /** Number of the first Message that was sent to the current addresses. */
  long since;

  boolean busy;

  /** Whether a Message that is not kept was sent after the last one that is. */
  boolean hasSent;

  /** Completed when all that waits has been sent. */
  List<Promise<Void>> whenFound = List.of();

  /** Ordered by number: a returned Message precedes all later ones again. */
  final NavigableSet<P> waiting =
      new TreeSet<>(Comparator.<P>comparingLong(message -> message.number));

  /** Removes the Messages that wait up to a number, and returns them in order. */
  List<P> takeUpTo(long number) {
    List<P> taken = new ArrayList<>();
    while (!waiting.isEmpty() && waiting.first().number <= number) {
      taken.add(waiting.pollFirst());
    }
    return taken;
  }
}
