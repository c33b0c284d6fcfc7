package io.linkspan.presence;

import io.linkspan.connection.Outgoing;
import java.util.List;

/** A connected client that watches groups. Used only on the event loop of its session. */
public interface PresenceWatcher {

  /** Returns the id of the session. */
  String id();

  /** Returns whether it has room for all users of a group, after it had none. */
  boolean isReady();

  /**
   * Sends Messages to the client, in their order.
   *
   * @param lost called when one of them was taken and could not be delivered
   * @return false when one was refused
   */
  boolean send(List<Outgoing> messages, Runnable lost);
}
