package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.vertx.core.buffer.Buffer;

/**
 * The WebSocket side of one session: the WebSocket that carries it, or the candidate of an upgrade.
 *
 * <pre>
 *           WebSocket opened         "2probe"           "5"
 *   ABSENT ────────────────► OFFERED ───────► PROBED ───────► CURRENT
 *     ▲                          │ "5" ───────────────────────────▲
 *     └── other packet, lost, ───┴────────────────┘
 *         or upgrade timeout
 * </pre>
 */
public final class WebSocketTransport<W> {

  private enum State {
    ABSENT,
    OFFERED,
    PROBED,
    CURRENT
  }

  private static final String PROBE = "2probe";

  private final EngineConfig config;
  private final Generation generation;
  private final EngineOutput<?, W> output;
  private final EngineTransportHost host;
  private State state = State.ABSENT;

  /** Null when there is none, or the current one is closed. */
  private W socket;

  private boolean base64;
  private long upgradeBy = EngineSession.NEVER;

  WebSocketTransport(
      EngineConfig config,
      Generation generation,
      EngineOutput<?, W> output,
      EngineTransportHost host) {
    this.config = config;
    this.generation = generation;
    this.output = output;
    this.host = host;
  }

  /** Carries the session from its start. */
  void begin(W opened, boolean takesBase64, EnginePacket open) {
    socket = opened;
    base64 = takesBase64;
    state = State.CURRENT;
    output.packet(opened, open, false);
  }

  /** Whether a WebSocket carries the session, or did so last. */
  boolean isCurrent() {
    return state == State.CURRENT;
  }

  boolean isAbsent() {
    return state == State.ABSENT;
  }

  /** Whether there is a candidate: an upgrade has begun, and not ended. */
  boolean isUpgrading() {
    return state == State.OFFERED || state == State.PROBED;
  }

  boolean isProbed() {
    return state == State.PROBED;
  }

  /** Begins an upgrade. */
  void offer(W opened, boolean takesBase64, long now) {
    state = State.OFFERED;
    socket = opened;
    base64 = takesBase64;
    upgradeBy = now + config.upgradeTimeout().toMillis();
  }

  /** Closes a WebSocket that the session does not take. */
  void decline(W opened) {
    output.close(opened, EngineCloseReason.NO_CODE);
  }

  /** Takes a whole text message. */
  public void text(W from, String text, long now) {
    if (from != socket) {
      return;
    }
    if (!isCurrent()) {
      receiveAsCandidate(text, now);
    } else if (StrictUtf8.isLonger(text, config.maxPayload())) {
      failed(from, EngineCloseReason.TOO_LARGE);
    } else {
      try {
        host.receive(EnginePacket.decodeText(text, generation), now);
      } catch (ProtocolException e) {
        host.end(EngineCloseReason.PARSE_ERROR, e.getMessage(), EnginePacket.CLOSE);
      }
    }
  }

  /** Takes a whole binary message. The buffer belongs to the session from here on. */
  public void binary(W from, Buffer data, long now) {
    if (from != socket) {
      return;
    }
    if (!isCurrent()) {
      drop(EngineCloseReason.NO_CODE);
    } else if (data.length() > config.maxPayload()) {
      failed(from, EngineCloseReason.TOO_LARGE);
    } else {
      try {
        host.receive(EnginePacket.decodeBinary(data, generation), now);
      } catch (ProtocolException e) {
        host.end(EngineCloseReason.PARSE_ERROR, e.getMessage(), EnginePacket.CLOSE);
      }
    }
  }

  /** Ends a WebSocket whose client broke the WebSocket protocol, with the code of the reason. */
  public void failed(W from, EngineCloseReason reason) {
    if (from != socket) {
      return;
    }
    if (isCurrent()) {
      host.end(reason, reason.text(), EnginePacket.CLOSE);
    } else {
      drop(reason.webSocketCode());
    }
  }

  /** A WebSocket is closed or lost. */
  public void closed(W from) {
    if (from != socket) {
      return;
    }
    if (isCurrent()) {
      socket = null;
      host.end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.CLOSE);
    } else {
      forget();
    }
  }

  private void receiveAsCandidate(String text, long now) {
    if (text.equals(PROBE)) {
      state = State.PROBED;
      output.packet(socket, EnginePacket.PROBE_ANSWER, false);
      host.probed();
    } else if (!text.isEmpty() && PacketType.ofDigit(text.charAt(0)) == PacketType.UPGRADE) {
      state = State.CURRENT;
      upgradeBy = EngineSession.NEVER;
      host.upgraded(now);
    } else {
      drop(EngineCloseReason.NO_CODE);
    }
  }

  private void drop(int code) {
    output.close(socket, code);
    forget();
  }

  private void forget() {
    socket = null;
    state = State.ABSENT;
    upgradeBy = EngineSession.NEVER;
    host.upgradeFailed();
  }

  void write(EnginePacket packet) {
    output.packet(socket, packet, base64);
  }

  /**
   * Closes the WebSocket, if there is one. The current one carries the words and the code of the
   * reason, a candidate does not.
   */
  void end(EngineCloseReason reason, EngineLastWords words) {
    if (socket != null) {
      if (isCurrent()) {
        words.before(reason).forEach(this::write);
      }
      close(isCurrent() ? reason.webSocketCode() : EngineCloseReason.NO_CODE);
    }
  }

  void close(int code) {
    output.close(socket, code);
    socket = null;
    upgradeBy = EngineSession.NEVER;
  }

  /** Drops a candidate that takes too long. */
  void advanceTo(long now) {
    if (now >= upgradeBy) {
      drop(EngineCloseReason.NO_CODE);
    }
  }

  long nextDeadline() {
    return upgradeBy;
  }
}
