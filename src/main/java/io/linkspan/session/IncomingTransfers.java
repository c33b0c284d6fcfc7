package io.linkspan.session;

import io.linkspan.routing.Recipient;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Sessions that may be on a shard soon, which others may know already. What comes for them waits in
 * its order until it is known whether they come. Pure; used only on the event loop of the shard.
 */
final class IncomingTransfers {

  private static final int MAX_HELD = 10_000;

  /** A session that may come. */
  static final class Arrival {
    private final String user;
    private final String session;
    private final Queue<Runnable> held = new ArrayDeque<>(0);

    private Arrival(String user, String session) {
      this.user = user;
      this.session = session;
    }

    /**
     * Keeps something back.
     *
     * @return false when too much waits already
     */
    boolean hold(Runnable action) {
      return held.size() < MAX_HELD && held.add(action);
    }
  }

  private final Map<String, List<Arrival>> byUser = new HashMap<>();
  private final Map<String, List<Arrival>> bySession = new HashMap<>();

  /** From now on what is for this session waits. */
  Arrival expect(String user, String session) {
    var arrival = new Arrival(user, session);
    byUser.computeIfAbsent(user, name -> new ArrayList<>(1)).add(arrival);
    bySession.computeIfAbsent(session, id -> new ArrayList<>(1)).add(arrival);
    return arrival;
  }

  /** It is here, or does not come: what waited goes on. */
  void end(Arrival arrival) {
    remove(byUser, arrival.user, arrival);
    remove(bySession, arrival.session, arrival);
    for (Runnable next; (next = arrival.held.poll()) != null; ) {
      next.run();
    }
  }

  /** For which session something has to wait; null when it need not. */
  Arrival of(Recipient recipient, DeliveryScope terms) {
    if (bySession.isEmpty()) {
      return null;
    }
    if (terms.only() != null) {
      return first(bySession.get(terms.only()));
    }
    return switch (recipient.kind()) {
      case SESSION -> first(bySession.get(recipient.name()));
      case USER -> first(byUser.get(recipient.name()));
      case GROUP, SERVICE, CHANNEL, UNADDRESSED -> null;
    };
  }

  private static Arrival first(List<Arrival> arrivals) {
    return arrivals == null ? null : arrivals.get(0);
  }

  private static void remove(Map<String, List<Arrival>> from, String key, Arrival arrival) {
    from.computeIfPresent(key, (k, all) -> all.remove(arrival) && all.isEmpty() ? null : all);
  }
}
