package io.linkspan.session.transfer;

import io.linkspan.delivery.DeliveryScope;
import io.linkspan.routing.Recipient;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Sessions that may be on a shard soon and that other shards may already find there. What arrives
 * for them is held in its order until the transfer has ended. Pure; used only on the event loop of
 * the shard.
 */
public final class IncomingTransfers {

  private static final int MAX_HELD = 10_000;

  /** A transfer that has not ended. */
  public static final class Arrival {
    private final String user;
    private final String session;
    private final Queue<Runnable> held = new ArrayDeque<>(0);

    /** Whether nothing is held: some of what was held is being run. */
    private boolean isOpen;

    private boolean isBlocked;

    private Arrival(String user, String session) {
      this.user = user;
      this.session = session;
    }

    /**
     * Holds an action until the transfer has ended.
     *
     * @return false when {@value #MAX_HELD} are held already
     */
    public boolean hold(Runnable action) {
      return held.size() < MAX_HELD && held.add(action);
    }

    /** Sets whether the transfer waits for the client, and so may last for long. */
    public void setBlocked(boolean blocked) {
      isBlocked = blocked;
    }

    /** Returns whether the transfer waits for the client. */
    public boolean isBlocked() {
      return isBlocked;
    }

    /** Returns the number of actions that are held. */
    public int size() {
      return held.size();
    }
  }

  private final Map<String, List<Arrival>> byUser = new HashMap<>();
  private final Map<String, List<Arrival>> bySession = new HashMap<>();

  /** Begins a transfer: what arrives for the session can be held from now on. */
  public Arrival expect(String user, String session) {
    var arrival = new Arrival(user, session);
    byUser.computeIfAbsent(user, name -> new ArrayList<>(1)).add(arrival);
    bySession.computeIfAbsent(session, id -> new ArrayList<>(1)).add(arrival);
    return arrival;
  }

  /** Ends a transfer, successful or not, and runs what was held. */
  public void end(Arrival arrival) {
    remove(byUser, arrival.user, arrival);
    remove(bySession, arrival.session, arrival);
    for (Runnable next; (next = arrival.held.poll()) != null; ) {
      next.run();
    }
  }

  /**
   * Runs the oldest actions that are held; the transfer goes on.
   *
   * @param count of the actions
   */
  public void release(Arrival arrival, int count) {
    arrival.isOpen = true;
    for (int left = count; left > 0 && !arrival.held.isEmpty(); left--) {
      arrival.held.remove().run();
    }
    arrival.isOpen = false;
  }

  /** Returns the transfer that a Message must wait for; null when there is none. */
  public Arrival of(Recipient recipient, DeliveryScope scope) {
    if (bySession.isEmpty()) {
      return null;
    }
    if (scope.only() != null) {
      return first(bySession.get(scope.only()));
    }
    return switch (recipient.kind()) {
      case SESSION -> first(bySession.get(recipient.name()));
      case USER -> first(byUser.get(recipient.name()));
      case GROUP, SERVICE, CHANNEL, UNADDRESSED -> null;
    };
  }

  private static Arrival first(List<Arrival> arrivals) {
    if (arrivals != null) {
      for (Arrival arrival : arrivals) {
        if (!arrival.isOpen) {
          return arrival;
        }
      }
    }
    return null;
  }

  private static void remove(Map<String, List<Arrival>> from, String key, Arrival arrival) {
    from.computeIfPresent(key, (k, all) -> all.remove(arrival) && all.isEmpty() ? null : all);
  }
}
