package io.linkspan.transport.socketio;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.PendingLinks;
import io.linkspan.admission.RemoteAddress;
import io.linkspan.transport.engineio.EventLoop;

/**
 * The place of one client among the links of this node, and among those that have not joined yet.
 * Used only on the event loop of the client.
 */
final class Arrival {

  private final ConnectPolicy policy;
  private final String remote;
  private final Credentials credentials;
  private final long since = System.nanoTime();

  /** Null once the client has joined or left. */
  private PendingLinks.Link pending;

  private Runnable onGiveUp = Arrival::nothing;
  private boolean left;

  private Arrival(ConnectPolicy policy, String remote, Credentials credentials) {
    this.policy = policy;
    this.remote = remote;
    this.credentials = credentials;
  }

  /**
   * Takes both places.
   *
   * @param remote network address of the client, {@code host:port}
   * @param credentials of the client's first HTTP request
   */
  static Arrival of(ConnectPolicy policy, String remote, EventLoop loop, Credentials credentials)
      throws ConnectRefusedException {
    var arrival = new Arrival(policy, remote, credentials);
    String address = RemoteAddress.host(remote);
    arrival.pending = policy.arrive(address, () -> loop.run(() -> arrival.onGiveUp.run()));
    try {
      policy.enter(address);
    } catch (ConnectRefusedException refusal) {
      arrival.pending.leave();
      throw refusal;
    }
    return arrival;
  }

  /** Returns the credentials of the client's first HTTP request. */
  Credentials credentials() {
    return credentials;
  }

  /** Returns when the client arrived, in {@link System#nanoTime()}. */
  long since() {
    return since;
  }

  /** Sets the action that ends the client when it gives way to a newer one. */
  void onGiveUp(Runnable action) {
    onGiveUp = action;
  }

  /** The client has joined. May be called again. */
  void joined() {
    if (pending != null) {
      pending.leave();
      pending = null;
      onGiveUp = Arrival::nothing;
    }
  }

  private static void nothing() {
    // A client that has joined gives way to no other.
  }

  /** Gives both places back, once. */
  void leave() {
    joined();
    if (!left) {
      left = true;
      policy.leave(RemoteAddress.host(remote));
    }
  }
}
