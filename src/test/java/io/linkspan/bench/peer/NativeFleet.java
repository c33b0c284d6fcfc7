package io.linkspan.bench.peer;

import io.linkspan.testing.ClientLog;
import io.linkspan.testing.ResumingFleet;
import io.linkspan.testing.ResumingFleet.Balancer;
import java.util.List;

/** WebSocket clients of the gateway, on one event loop of this process. */
public final class NativeFleet implements Fleet {

  private final ResumingFleet fleet;

  /**
   * Starts clients that acknowledge what they receive.
   *
   * @param group that they join; null: they have no session, and receive what the server writes
   */
  public NativeFleet(List<Integer> ports, long seed, Users users, int perSecond, String group) {
    this(ports, seed, users, perSecond, group, true);
  }

  /**
   * Starts clients.
   *
   * @param group that they join; null: they have no session, and receive what the server writes
   * @param acknowledges whether they acknowledge what they receive
   */
  public NativeFleet(
      List<Integer> ports,
      long seed,
      Users users,
      int perSecond,
      String group,
      boolean acknowledges) {
    fleet = new ResumingFleet(Balancer.LEAST_CONNECTIONS, seed, ports);
    fleet.join(group);
    if (!acknowledges) {
      fleet.acknowledgeNothing();
    }
    fleet.numberFrom(users.first());
    fleet.add(users.count(), group != null, perSecond);
  }

  /** Returns the clients, for what only they can do. */
  public ResumingFleet clients() {
    return fleet;
  }

  @Override
  public int connected() {
    return fleet.connected() - fleet.open().size();
  }

  @Override
  public void startCutting(long periodMs, long awayMs) {
    fleet.startCutting(periodMs, awayMs);
  }

  @Override
  public void stopCutting() {
    fleet.stopCutting();
  }

  @Override
  public List<ClientLog> logs() {
    return fleet.logs();
  }

  @Override
  public void close() {
    fleet.close();
  }
}
