package io.linkspan.status;

/** Receives what a watcher sees. Called on the event loop of the {@link StatusService}. */
public interface StatusListener {

  /** Returns whether it takes more; a watcher that does not is skipped. */
  boolean ready();

  /** Takes a JSON object. */
  void receive(String json);

  /** Time has passed; called every few seconds, so that a watcher that is gone is noticed. */
  void tick();

  /** The watch has ended, since this node stops. */
  void ended();
}
