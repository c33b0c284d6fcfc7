package io.linkspan.transport.engineio;

import io.linkspan.connection.Backlog;
import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.websocket.WebSocketViolation;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.http.UpgradedConnection;
import io.linkspan.transport.http.WebSocketLink;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One WebSocket of an Engine.IO session, and the bridge between its event loop and the session's.
 * Frames are read and written on the WebSocket's event loop; whole messages cross to the session's
 * and back, in order. Methods may be called on either.
 */
public final class EngineSocket {

  /** Receives what happens on a WebSocket. Called on the event loop of the session. */
  public interface Listener {
    void onText(EngineSocket socket, String text);

    void onBinary(EngineSocket socket, Buffer data);

    /** The client broke the WebSocket protocol. Nothing further is read. */
    void onViolation(EngineSocket socket, WebSocketViolation violation);

    /** More bytes wait to be written than the limit allows. */
    void onSlow(EngineSocket socket);

    void onClosed(EngineSocket socket);
  }

  private final EventLoop home;
  private final EventLoop owner;
  private final WebSocketLink link;

  /** Bytes on the way from the event loop of the session; null when that is the socket's own. */
  private final AtomicLong crossing;

  private final long maxQueued;
  private final long closeTimeout;
  private Listener listener;
  private boolean stopped;

  /** Null until the WebSocket is closed. */
  private DeadlineTimer closeTimer;

  /**
   * Takes a WebSocket over. Called on its event loop, in the turn in which the upgrade was
   * answered.
   *
   * @param owner event loop of the session
   * @param maxMessage bytes of one message
   * @param maxQueued bytes that may wait to be written; 0 is no limit
   * @param closeTimeout time for the client to answer a close
   */
  EngineSocket(
      UpgradedConnection connection,
      EventLoop home,
      EventLoop owner,
      int maxMessage,
      long maxQueued,
      Duration closeTimeout) {
    this.home = home;
    this.owner = owner;
    crossing = owner == home ? null : new AtomicLong();
    this.maxQueued = maxQueued;
    this.closeTimeout = closeTimeout.toMillis();
    link = new WebSocketLink(connection, maxMessage, home.memory(), new Watch());
    home.latch().enter();
  }

  /** Begins to read. Called in the turn in which the upgrade was answered. */
  public EngineSocket listen(Listener session) {
    listener = session;
    return this;
  }

  void sendText(String text) {
    write(text.length(), () -> link.writeText(text));
  }

  void sendBinary(Buffer data) {
    byte[] bytes = data.getBytes();
    write(bytes.length, () -> link.write(false, bytes));
  }

  /** Returns the bytes that the client has not taken. */
  long pendingBytes() {
    return link.pendingBytes();
  }

  /** As {@link Backlog#keepShort}. Called on the event loop of the session. */
  void keepShort() {
    home.run(link::keepShort);
  }

  /** As {@link Backlog#isWritable}. Called on the event loop of the session. */
  boolean isWritable() {
    return home.isCurrent()
        ? link.isWritable()
        : crossing.get() + link.pendingBytes() <= Backlog.MARK;
  }

  /** As {@link Backlog#whenWritable}. Called on the event loop of the session. */
  void whenWritable(Runnable action) {
    home.run(() -> link.whenWritable(() -> owner.run(action)));
  }

  /** Runs a write on the WebSocket's event loop, and counts its bytes until then. */
  private void write(int bytes, Runnable write) {
    if (home.isCurrent()) {
      write.run();
      checkQueue();
      return;
    }
    crossing.addAndGet(bytes);
    home.run(
        () -> {
          write.run();
          crossing.addAndGet(-bytes);
          checkQueue();
        });
  }

  /** Drops what the client has not taken, and ends the WebSocket. */
  void abort() {
    home.run(
        () -> {
          stopped = true;
          link.abort();
        });
  }

  /** Closes the WebSocket after everything that was sent before. */
  void close(int code) {
    home.run(
        () -> {
          stopped = true;
          if (code == EngineCloseReason.NO_CODE) {
            link.close();
          } else {
            link.close(code, "");
          }
          if (closeTimer == null) {
            closeTimer = new DeadlineTimer(home.timers(), link::abort);
          }
          closeTimer.arm(DeadlineTimer.now() + closeTimeout);
        });
  }

  private void checkQueue() {
    if (!stopped && link.waitsForMoreThan(maxQueued)) {
      stopped = true;
      owner.run(() -> listener.onSlow(this));
    }
  }

  private final class Watch implements WebSocketLink.Listener {

    @Override
    public void onRead() {
      // Only whole packets count as a sign of life.
    }

    @Override
    public void onText(String text) {
      if (!stopped) {
        owner.run(() -> listener.onText(EngineSocket.this, text));
      }
    }

    @Override
    public void onBinary(byte[] bytes, int length) {
      if (!stopped) {
        byte[] message = Arrays.copyOf(bytes, length);
        Buffer data = BufferInternal.buffer(Unpooled.wrappedBuffer(message));
        owner.run(() -> listener.onBinary(EngineSocket.this, data));
      }
    }

    @Override
    public void onClose(int code) {
      // The session ends when the TCP connection has ended.
    }

    @Override
    public void onViolation(WebSocketViolation violation) {
      stopped = true;
      owner.run(() -> listener.onViolation(EngineSocket.this, violation));
    }

    @Override
    public void onEnd() {
      stopped = true;
      if (closeTimer != null) {
        closeTimer.cancel();
      }
      home.latch().leave();
      owner.run(() -> listener.onClosed(EngineSocket.this));
    }

    @Override
    public void onWriteBlocked() {
      // A client that does not read does not answer pings either.
    }
  }
}
