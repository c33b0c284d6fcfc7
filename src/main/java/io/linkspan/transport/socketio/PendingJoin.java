package io.linkspan.transport.socketio;

import io.linkspan.connection.Outgoing;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.session.Attachment;
import io.linkspan.session.Session;
import java.util.ArrayList;
import java.util.List;

/**
 * What waits until a client's session has begun: the namespaces that it asks for, and Messages that
 * it has missed or that come already.
 */
final class PendingJoin {

  private final Attachment attachment;
  private final List<SocketEvent.ConnectRequested> joins = new ArrayList<>(1);
  private List<Outgoing> messages = new ArrayList<>(0);

  /**
   * @param attachment what the client asks for with its first namespace
   */
  PendingJoin(Attachment attachment) {
    this.attachment = attachment;
  }

  void join(SocketEvent.ConnectRequested request) {
    joins.add(request);
  }

  /** In the order in which the client asked. */
  List<SocketEvent.ConnectRequested> joins() {
    return joins;
  }

  void hold(Outgoing message) {
    messages.add(message);
  }

  /** What was not taken, in the order in which it came. */
  List<Outgoing> messages() {
    return messages;
  }

  /** They were of a session that the client does not get. */
  void dropMessages() {
    messages = new ArrayList<>(0);
  }

  /** Whether the offsets that the client names, one in each namespace, are known. */
  boolean knowsWhatIsMissing(Session begun) {
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

  /** Takes what came in a namespace after the offset which the client has seen there. */
  List<EncodedPacket> takeMissed(String namespace, String seen) {
    if (attachment.clientAcknowledges()) {
      return List.of();
    }
    List<EncodedPacket> missed = new ArrayList<>();
    List<Outgoing> others = new ArrayList<>();
    for (Outgoing message : messages) {
      EncodedPacket packet = message.as(EventWriter.RECOVERABLE_PACKET);
      if (!packet.namespace().equals(namespace) || EventWriter.isAnnouncement(message)) {
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
