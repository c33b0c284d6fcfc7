package io.linkspan.transport.socketio;

import io.linkspan.connection.EarlyMessages;
import io.linkspan.connection.Outgoing;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Holds what must wait until a client's session has begun: the namespaces that the client asks for,
 * and Messages that it has missed or that arrive early. After a recovery, Messages for namespaces
 * that the client has not joined again yet wait here for some time.
 */
final class PendingJoin {

  private static final int MAX_MESSAGES = 1_000;

  /** How long Messages wait after a recovery, in milliseconds. */
  private static final long REJOIN_WAIT = 3_000;

  private Attachment attachment;
  private long until = EngineSession.NEVER;
  private final List<SocketEvent.ConnectRequested> joins = new ArrayList<>(1);
  private final EarlyMessages.Limit early;
  private List<Outgoing> messages = new ArrayList<>(0);

  /**
   * @param writeQueue bytes that may wait for the client once it has joined; 0 is no limit
   */
  PendingJoin(long writeQueue) {
    early = new EarlyMessages.Limit(writeQueue);
  }

  /** Takes what the client has requested with its first namespace, before its session begins. */
  void begin(Attachment requested) {
    attachment = requested;
  }

  /** Returns when the Messages that wait are sent, wherever the client is by then. */
  long waitsUntil() {
    return until;
  }

  /** Lets Messages wait for the namespaces that a recovered client joins again. */
  void waitForRejoins(long now) {
    until = now + REJOIN_WAIT;
  }

  void join(SocketEvent.ConnectRequested request) {
    joins.add(request);
  }

  /** Returns the requested joins in the order of the requests. */
  List<SocketEvent.ConnectRequested> joins() {
    return joins;
  }

  void hold(Outgoing message) {
    messages.add(message);
  }

  /**
   * Holds a Message until the session has begun.
   *
   * @param onOverload called when too much is held already
   * @return whether it is held
   */
  boolean holdEarly(Outgoing message, Runnable onOverload) {
    if (!early.takes(message)) {
      onOverload.run();
      return false;
    }
    messages.add(message);
    return true;
  }

  /** Returns whether no further Message may wait. */
  boolean isFull() {
    return messages.size() >= MAX_MESSAGES;
  }

  /** Removes and returns the Messages that no longer wait, in order of arrival. */
  List<Outgoing> take(Predicate<Outgoing> ready) {
    List<Outgoing> taken = messages.stream().filter(ready).toList();
    messages.removeAll(taken);
    return taken;
  }

  /** Removes and returns all Messages, in order of arrival. */
  List<Outgoing> takeAll() {
    return take(message -> true);
  }

  /** Drops the Messages of a session that the client does not get. */
  void dropMessages() {
    messages = new ArrayList<>(0);
  }

  /** Whether the session knows the offset that the client names in each namespace. */
  boolean knowsOffsets(Session begun) {
    if (attachment.clientAcknowledges()) {
      return true;
    }
    for (SocketEvent.ConnectRequested request : joins) {
      SocketEvent.Recovery recovery = request.recovery();
      if (recovery != null && !begun.seen(recovery.offset())) {
        return false;
      }
    }
    return true;
  }

  /** Removes and returns what was sent in a namespace after the offset that the client names. */
  List<EncodedPacket> takeMissed(String namespace, String seen) {
    if (attachment.clientAcknowledges()) {
      return List.of();
    }
    List<EncodedPacket> missed = new ArrayList<>();
    List<Outgoing> others = new ArrayList<>();
    for (Outgoing message : messages) {
      EncodedPacket packet = message.as(EventEncoders.RECOVERABLE_PACKET);
      if (!packet.namespace().equals(namespace) || EventEncoders.isAnnouncement(message)) {
        others.add(message);
      } else if (Session.offsetOf(message.message()).equals(seen)) {
        missed.clear();
      } else {
        missed.add(packet);
      }
    }
    messages = others;
    return missed;
  }
}
