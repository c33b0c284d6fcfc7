package io.linkspan.transport.socketio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.websocket.MessageAssembler;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.http.WebSocketLink;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;

/**
 * One WebSocket of an Engine.IO session. An upgrade may arrive at another event loop than the one
 * its session lives on; then this is the bridge: frames are read and written on the socket's loop,
 * and whole messages cross, in order, to the session's and back. Methods may be called on either.
 */
final class EngineSocket {

  /** The session, which hears of its sockets on its own loop. */
  interface Listener {
    void onText(EngineSocket socket, String text);

    void onBinary(EngineSocket socket, Buffer data);

    /** A message or a frame over the limit; nothing further is read. */
    void onTooLarge(EngineSocket socket);

    /** What is no WebSocket framing, or text that is not UTF-8; nothing further is read. */
    void onGarbage(EngineSocket socket);

    /** More waits to be written than is allowed. */
    void onSlow(EngineSocket socket);

    void onClosed(EngineSocket socket);
  }

  /** How long a client has to answer a close frame, in milliseconds. */
  private static final long CLOSE_LINGER = 2_000;

  private final ServerWebSocket socket;
  private final EventLoop home;
  private final EventLoop owner;
  private final WebSocketLink link;
  private final MessageAssembler assembler;
  private final long maxQueued;
  private final DeadlineTimer goodbye;
  private Listener listener;
  private boolean stopped;

  /**
   * To be made on the socket's loop, in the turn in which the upgrade was answered.
   *
   * @param owner the session's loop
   * @param maxMessage bytes of one message
   * @param maxQueued bytes that may wait to be written; 0 is no limit
   */
  EngineSocket(
      Vertx vertx,
      ServerWebSocket socket,
      EventLoop home,
      EventLoop owner,
      int maxMessage,
      long maxQueued) {
    this.socket = socket;
    this.home = home;
    this.owner = owner;
    this.maxQueued = maxQueued;
    assembler = new MessageAssembler(maxMessage);
    link = new WebSocketLink(socket, maxMessage, new Watch());
    goodbye = new DeadlineTimer(vertx, link.channel()::abort);
    home.enter();
  }

  /** Begins to read. To be called in the same turn. */
  EngineSocket listen(Listener session) {
    listener = session;
    socket.frameHandler(this::onFrame);
    socket.exceptionHandler(e -> {});
    socket.closeHandler(
        v -> {
          stopped = true;
          goodbye.cancel();
          home.leave();
          owner.run(() -> session.onClosed(this));
        });
    return this;
  }

  void sendText(String text) {
    home.run(
        () -> {
          link.writeText(text);
          checkQueue();
        });
  }

  void sendBinary(Buffer data) {
    byte[] bytes = data.getBytes();
    home.run(
        () -> {
          link.write(false, bytes);
          checkQueue();
        });
  }

  /** Closes behind what was sent. */
  void close(int code) {
    home.run(
        () -> {
          stopped = true;
          if (code == EngineCloseReason.NO_CODE) {
            link.close();
          } else {
            link.close(code, "");
          }
          goodbye.arm(DeadlineTimer.now() + CLOSE_LINGER);
        });
  }

  private void checkQueue() {
    if (!stopped && link.channel().waitsForMoreThan(maxQueued)) {
      stopped = true;
      owner.run(() -> listener.onSlow(this));
    }
  }

  private void onFrame(WebSocketFrame frame) {
    if (stopped) {
      return;
    }
    try {
      switch (frame.type()) {
        case TEXT, BINARY ->
            onMessage(assembler.first(frame.isText(), frame.isFinal(), frame.binaryData()));
        case CONTINUATION -> onMessage(assembler.next(frame.isFinal(), frame.binaryData()));
        case PING, PONG, CLOSE -> {
          // No part of the protocol above; Vert.x answers.
        }
      }
    } catch (MessageAssembler.TooLargeException e) {
      stop(true);
    } catch (ProtocolException e) {
      stop(false);
    }
  }

  private void onMessage(Buffer message) {
    if (message == null) {
      return;
    }
    if (assembler.text()) {
      String text = StrictUtf8.decode(message);
      owner.run(() -> listener.onText(this, text));
    } else {
      owner.run(() -> listener.onBinary(this, message));
    }
  }

  private void stop(boolean tooLarge) {
    stopped = true;
    owner.run(
        () -> {
          if (tooLarge) {
            listener.onTooLarge(this);
          } else {
            listener.onGarbage(this);
          }
        });
  }

  private final class Watch implements WebSocketLink.Listener {

    @Override
    public void onRead() {
      // Only whole packets count as life.
    }

    @Override
    public void onViolation(boolean tooLarge) {
      stop(tooLarge);
    }

    @Override
    public void onWriteBlocked() {
      // A client that does not read does not answer pings either.
    }
  }
}
