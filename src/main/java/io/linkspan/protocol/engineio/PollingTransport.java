package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** The HTTP side of one session: at most one poll that is held, and one POST that is being read. */
final class PollingTransport<X> {

  // During an upgrade a poll is held for a moment. Answered at once, the client would spin.
  private static final long RELEASE_AFTER = 50;
  // How late a packet on the WebSocket may arrive that was sent before the poll, since they travel
  // on different connections.
  private static final long CROSSING_LASTS = 20;
  // One answer is bounded, although the protocol has no limit.
  private static final long ANSWER_PAYLOADS = 4;

  private final EngineConfig config;
  private final Generation generation;
  private final PollAnswer.Form form;

  /** Null for a client of Engine.IO 4. */
  private final V3TextEncoding textEncoding;

  private final EngineOutput<X, ?> output;
  private final EngineTransportHost host;

  /** The poll that is held, or null. */
  private X poll;

  private String pollJsonp;
  private boolean answered;

  /** Until then the held poll is not answered, since the end of an upgrade may have been first. */
  private long crossingUntil = EngineSession.NEVER;

  /** The POST whose body is being read, or null. */
  private PostBody<X> post;

  private long releaseAt = EngineSession.NEVER;

  PollingTransport(
      EngineConfig config,
      Generation generation,
      EngineRequest handshake,
      EngineOutput<X, ?> output,
      EngineTransportHost host) {
    this.config = config;
    this.generation = generation;
    form = PollAnswer.Form.of(handshake);
    textEncoding = generation == Generation.V3 ? new V3TextEncoding(handshake.isOldest()) : null;
    this.output = output;
    this.host = host;
  }

  // --------------------------------------------------------------------- poll

  boolean hasPoll() {
    return poll != null;
  }

  /** Whether there is a poll that may be answered now. */
  boolean canAnswer() {
    return poll != null && crossingUntil == EngineSession.NEVER;
  }

  /** Whether the client has polled since the handshake. */
  boolean wasUsed() {
    return poll != null || answered;
  }

  /** Answers an exchange that is not held. */
  void answer(X exchange, String jsonp, EnginePacket packet) {
    output.answer(exchange, form, jsonp, List.of(packet));
  }

  /** Holds a poll. A second one breaks the protocol, and ends the session. */
  boolean hold(X exchange, String jsonp) {
    if (poll != null) {
      output.reject(exchange, false);
      host.end(EngineCloseReason.TRANSPORT_ERROR, "two polls at once", EnginePacket.CLOSE);
      return false;
    }
    poll = exchange;
    pollJsonp = jsonp;
    return true;
  }

  /**
   * Keeps the held poll, which arrived during an upgrade, for the moment in which the end of the
   * upgrade may still arrive, and releases it soon if the client has probed.
   */
  void awaitSwitch(long now, boolean probed) {
    crossingUntil = now + CROSSING_LASTS;
    if (probed) {
      releaseAt = now + RELEASE_AFTER;
    }
  }

  /** Returns whether the client's probe releases the held poll now. Otherwise it does so soon. */
  boolean canRelease() {
    releaseAt = crossingUntil;
    return crossingUntil == EngineSession.NEVER;
  }

  /**
   * Answers the held poll with the queue, or with as much of it as one answer may hold.
   *
   * @param noop an empty queue is answered with a noop
   * @param closing the session is closing: an empty queue is answered with its end
   * @return whether the answer carries the end of the session
   */
  boolean answer(PacketQueue queue, boolean noop, boolean closing) {
    List<EnginePacket> batch = queue.take(ANSWER_PAYLOADS * config.maxPayload());
    // Clients handle messages a tick later than a close packet. In one answer it would overtake
    // them, and a Socket.IO DISCONNECT would be lost.
    boolean last = closing && batch.isEmpty();
    if (batch.isEmpty() && noop) {
      batch.add(EnginePacket.NOOP);
    }
    if (last) {
      batch.add(EnginePacket.CLOSE);
    }
    end(batch);
    return last;
  }

  /** Answers the held poll, if there is one. */
  void end(List<EnginePacket> packets) {
    if (poll != null) {
      output.answer(poll, form, pollJsonp, packets);
      poll = null;
      answered = true;
    }
    endRelease();
  }

  /** Ends the held poll, if there is one, since a WebSocket carries the session from now on. */
  void upgraded() {
    if (poll != null && !canAnswer()) {
      output.refuse(poll, EngineError.BAD_REQUEST);
      poll = null;
    }
    end(List.of(EnginePacket.NOOP));
  }

  /** Returns the bytes of a body that has not ended. */
  long unfinished() {
    return post == null ? 0 : post.length();
  }

  boolean holds(X exchange) {
    return exchange == poll;
  }

  // --------------------------------------------------------------------- POST

  /** Begins to read a body. */
  void startPost(X exchange, boolean jsonp, String contentType, long contentLength, long now) {
    if (post != null) {
      output.reject(exchange, true);
      host.end(EngineCloseReason.TRANSPORT_ERROR, "two POSTs at once", EnginePacket.CLOSE);
    } else if (generation == Generation.V4 && PostBody.isBinary(contentType)) {
      output.reject(exchange, true);
      host.end(EngineCloseReason.TRANSPORT_ERROR, "binary POST", EnginePacket.CLOSE);
    } else if (contentLength > config.maxPayload()) {
      refuseTooLarge(exchange);
    } else {
      long deadline = now + config.pingTimeout().toMillis();
      post = new PostBody<>(exchange, jsonp, contentType, deadline);
    }
  }

  /** Takes a part of a body. */
  void append(X exchange, Buffer chunk) {
    if (reads(exchange) && !post.append(chunk, config.maxPayload())) {
      post = null;
      refuseTooLarge(exchange);
    }
  }

  private void refuseTooLarge(X exchange) {
    output.tooLarge(exchange);
    host.end(EngineCloseReason.TOO_LARGE, "body over the limit", EnginePacket.CLOSE);
  }

  /** Refuses a body whose session has moved to a WebSocket while it was read. */
  void refusePost(X exchange) {
    if (reads(exchange)) {
      post = null;
      output.refuse(exchange, EngineError.BAD_REQUEST);
    }
  }

  /** Takes the end of a body, and handles its packets. */
  void finishPost(X exchange, long now) {
    if (!reads(exchange)) {
      return;
    }
    PostBody<X> body = post;
    post = null;
    try {
      body.decode(generation, textEncoding, packet -> host.receive(packet, now));
    } catch (ProtocolException e) {
      if (host.isAlive()) {
        output.refuse(exchange, EngineError.BAD_REQUEST);
        host.end(EngineCloseReason.PARSE_ERROR, e.getMessage(), EnginePacket.CLOSE);
        return;
      }
      // An earlier packet of this body has ended the session, so the rest does not count.
    }
    output.ok(exchange);
  }

  private boolean reads(X exchange) {
    return post != null && post.exchange() == exchange;
  }

  // ---------------------------------------------------------------------- end

  /** Notes that the connection of an exchange is lost. */
  void aborted(X exchange) {
    if (exchange == poll) {
      poll = null;
      endRelease();
      host.end(EngineCloseReason.TRANSPORT_ERROR, "poll aborted", EnginePacket.CLOSE);
    } else if (reads(exchange)) {
      post = null;
      host.end(EngineCloseReason.TRANSPORT_ERROR, "POST aborted", EnginePacket.CLOSE);
    }
  }

  /** Notes the end of the session. */
  void close(EnginePacket lastWord) {
    end(List.of(lastWord));
    if (post != null) {
      output.cut(post.exchange());
      post = null;
    }
  }

  /**
   * Forgets the deadlines of an upgrade.
   *
   * @return whether a poll is held
   */
  boolean endRelease() {
    releaseAt = EngineSession.NEVER;
    crossingUntil = EngineSession.NEVER;
    return poll != null;
  }

  /** Whether the release of the held poll is due. */
  boolean isReleaseDue(long now) {
    return now >= releaseAt;
  }

  /** Ends a POST that takes too long. */
  void advanceTo(long now) {
    if (now >= crossingUntil) {
      crossingUntil = EngineSession.NEVER;
    }
    if (post != null && now >= post.deadline()) {
      host.end(EngineCloseReason.TRANSPORT_ERROR, "POST without an end", EnginePacket.CLOSE);
    }
  }

  long nextDeadline() {
    long next = Math.min(releaseAt, crossingUntil);
    return post == null ? next : Math.min(next, post.deadline());
  }
}
