package io.linkspan.session;

import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;

/** A link whose client reads everything and answers nothing. */
class NoLink implements Connection {

  @Override
  public String transport() {
    return "simulated";
  }

  @Override
  public String remote() {
    return "alice:1";
  }

  @Override
  public long lastReceived() {
    return 0;
  }

  @Override
  public boolean deliver(Outgoing message) {
    return true;
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {}
}
