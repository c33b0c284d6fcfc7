package io.linkspan.trace;

import io.linkspan.connection.Backlog;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;

/** The link of a watched client: traces what is written. Used only on its event loop. */
public final class TracedLink implements Connection {

  private final Connection link;
  private final ClientTrace trace;

  private TracedLink(Connection link, ClientTrace trace) {
    this.link = link;
    this.trace = trace;
  }

  /**
   * Returns a link with another trace, or without one.
   *
   * @param trace null for none
   */
  public static Connection of(Connection link, ClientTrace trace) {
    Connection plain = link instanceof TracedLink traced ? traced.link : link;
    return trace == null ? plain : new TracedLink(plain, trace);
  }

  @Override
  public boolean deliver(Outgoing message) {
    boolean written = link.deliver(message);
    if (written) {
      trace.sent(message.message());
    }
    return written;
  }

  @Override
  public String transport() {
    return link.transport();
  }

  @Override
  public String remote() {
    return link.remote();
  }

  @Override
  public long lastReceived() {
    return link.lastReceived();
  }

  @Override
  public Long data() {
    return link.data();
  }

  @Override
  public boolean readsJson() {
    return link.readsJson();
  }

  @Override
  public int longestMessage() {
    return link.longestMessage();
  }

  @Override
  public Backlog backlog() {
    return link.backlog();
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    link.close(reason, retryAfterMs);
  }
}
