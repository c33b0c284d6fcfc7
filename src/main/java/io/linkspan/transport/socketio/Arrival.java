package io.linkspan.transport.socketio;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.PendingLinks;
import io.linkspan.transport.engineio.EventLoop;

/**
 * The place of one client among the links of this node, and among those that have not joined yet.
 * Used only on the event loop of the client.
 */
final class Arrival {

  private final ConnectPolicy policy;

  /** Null when the client's first HTTP request had none. */
  private final String token;

  private final Credentials.Source source;
  private final long since = System.nanoTime();

  /** Null once the client has joined or left. */
  private PendingLinks.Link pending;

  private Runnable onGiveUp = Arrival::nothing;
  private boolean left;

  private Arrival(ConnectPolicy policy, Credentials credentials) {
    this.policy = policy;
    token = credentials.token();
    source = credentials.source();
  }

  /**
   * Takes both places.
   *
   * @param credentials of the client's first HTTP request
   */
  static Arrival of(ConnectPolicy policy, EventLoop loop, Credentials credentials)
      throws ConnectRefusedException {
    var arrival = new Arrival(policy, credentials);
    String address = arrival.source.address();
    arrival.pending = policy.arrive(address, () -> loop.run(() -> arrival.onGiveUp.run()));
    try {
      policy.enter(address);
    } catch (ConnectRefusedException refusal) {
      arrival.pending.leave();
      throw refusal;
    }
    return arrival;
  }

  /** Returns the token of the client's first HTTP request; null without one. */
  String token() {
    return token;
  }

  /** Returns the link on which that request came. */
  Credentials.Source source() {
    return source;
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
      policy.leave(source.address());
    }
  }
}
