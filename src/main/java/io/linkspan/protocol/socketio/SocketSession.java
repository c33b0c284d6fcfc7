package io.linkspan.protocol.socketio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.ShortMap;
import io.linkspan.protocol.ShortQueue;
import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.EngineEvent;
import io.linkspan.protocol.engineio.EnginePacket;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.engineio.FormFields;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.engineio.JsonText;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One Socket.IO client: its namespaces above its Engine.IO session. Used on one event loop.
 *
 * <p>The shell feeds the transports into {@link #engine()}, or calls a method here, and then takes
 * every {@link #pollEvent}, every {@link EngineSession#pollWrite}, and looks at {@link
 * #nextDeadline}; this replaces the events and deadlines of the engine. A client that breaks the
 * protocol ends as a {@link SocketEvent.Closed}. Times are in milliseconds, monotonic.
 */
public final class SocketSession<X, W> {
  /** Makes the packets that a client gets in a namespace when its session ends. */
  @FunctionalInterface
  public interface LastWords {

    /** Returns the packets for a namespace; empty for a reason that is not announced. */
    List<EncodedPacket> in(String namespace, EngineCloseReason reason);
  }

  private static final String ROOT = "/";
  private static final String NO_AUTH = "{}";
  private static final String TOO_MANY = "{\"reason\":\"too-many-namespaces\"}";
  private static final long NEVER = EngineSession.NEVER;

  private final EngineSession<X, W> engine;
  private final SocketConfig config;
  private final Map<String, String> query;
  private final SocketDecoder decoder;
  private final long assemblyTime;
  private final ShortMap<String, Membership> namespaces = new ShortMap<>();
  private final ShortQueue<SocketEvent> events = new ShortQueue<>();
  private final LeftNamespaces left;
  private final int maxEarly;

  private LastWords lastWords = (namespace, reason) -> List.of();
  private int refusals;
  private boolean condemned;
  private long connectBy = NEVER;
  private long assembleBy = NEVER;
  private long ackBy = NEVER;

  /**
   * A client that has just opened its Engine.IO session.
   *
   * @param query the parameters of its handshake
   */
  public SocketSession(
      EngineSession<X, W> engine,
      EngineConfig engineConfig,
      SocketConfig config,
      Map<String, String> query,
      long now) {
    this.engine = engine;
    this.config = config;
    this.query = query;
    this.decoder = new SocketDecoder(engine.generation(), engineConfig.maxPayload());
    left = new LeftNamespaces(config.maxNamespaces());
    maxEarly = engineConfig.maxPayload();
    engine.setLastWords(this::lastWords);
    this.assemblyTime =
        engineConfig.pingInterval().toMillis() + engineConfig.pingTimeout().toMillis();
    if (isOld()) {
      // Clients of Engine.IO 3 join the main namespace implicitly, and wait for the reply (§12.2).
      namespaces.put(ROOT, new Membership());
      events.add(new SocketEvent.ConnectRequested(ROOT, NO_AUTH, query));
    } else {
      connectBy = now + config.connectTimeout().toMillis();
    }
  }

  /** Sets the source of the packets before an end that {@link #close} did not ask for. */
  public void setLastWords(LastWords lastWords) {
    this.lastWords = lastWords;
  }

  private List<EnginePacket> lastWords(EngineCloseReason reason) {
    List<EnginePacket> words = new ArrayList<>();
    namespaces.forEach(
        (namespace, membership) -> {
          if (membership.isJoined()) {
            for (EncodedPacket packet : lastWords.in(namespace, reason)) {
              words.add(packet.header());
              words.addAll(packet.attachments());
            }
          }
        });
    return words;
  }

  /** Returns the session below, for the transports. */
  public EngineSession<X, W> engine() {
    return engine;
  }

  public Generation generation() {
    return engine.generation();
  }

  /** Returns whether the client is in the namespace. */
  public boolean isJoined(String namespace) {
    Membership membership = namespaces.get(namespace);
    return membership != null && membership.isJoined();
  }

  /** Returns the next event, or null. */
  public SocketEvent pollEvent(long now) {
    while (true) {
      if (!events.isEmpty()) {
        return events.poll();
      }
      EngineEvent below = engine.pollEvent();
      if (below == null) {
        return null;
      }
      SocketEvent event = receive(below, now);
      if (event != null) {
        return event;
      }
    }
  }

  private SocketEvent receive(EngineEvent below, long now) {
    if (below instanceof EnginePacket message) {
      return condemned ? null : receive(message, now);
    }
    if (below instanceof EngineEvent.Closed closed) {
      condemned = true;
      namespaces.clear();
      connectBy = NEVER;
      assembleBy = NEVER;
      ackBy = NEVER;
      return new SocketEvent.Closed(closed.reason(), closed.detail());
    }
    return new SocketEvent.Upgraded();
  }

  private SocketEvent receive(EnginePacket message, long now) {
    try {
      SocketPacket packet = decoder.decode(message);
      if (packet != null) {
        assembleBy = NEVER;
        return receive(packet, now);
      }
      if (assembleBy == NEVER) {
        assembleBy = now + assemblyTime;
      }
    } catch (LimitException e) {
      condemn(EngineCloseReason.TOO_LARGE, e.getMessage(), now);
    } catch (ProtocolException e) {
      condemn(EngineCloseReason.FORCED_CLOSE, e.getMessage(), now);
    }
    return null;
  }

  private SocketEvent receive(SocketPacket packet, long now) {
    String namespace = packet.namespace();
    Membership membership = namespaces.get(namespace);
    if (packet instanceof SocketPacket.Connect connect) {
      return connect(connect, membership, now);
    }
    if (packet instanceof SocketPacket.ConnectError) {
      condemn(EngineCloseReason.FORCED_SERVER_CLOSE, "connect error from a client", now);
      return null;
    }
    if (membership != null && membership.isKicked()) {
      if (packet instanceof SocketPacket.Disconnect) {
        namespaces.remove(namespace);
      }
      return null;
    }
    if (membership == null || !membership.isJoined()) {
      // Acknowledgements and disconnects cross a leave that is in flight (§12.3).
      if (packet instanceof SocketPacket.Event event) {
        early(event, membership, now);
      }
      return null;
    }
    if (packet instanceof SocketPacket.Event event) {
      return event;
    }
    if (packet instanceof SocketPacket.Ack ack) {
      return membership.settle(ack.ackId()) ? ack : null;
    }
    if (packet instanceof SocketPacket.Disconnect) {
      namespaces.remove(namespace);
      left.add(namespace, now);
      return new SocketEvent.Left(namespace);
    }
    throw new IllegalStateException("unexpected packet " + packet);
  }

  /** Takes an event for a namespace that the client is not in. */
  private void early(SocketPacket.Event event, Membership membership, long now) {
    // The client reconnects after this reason, which repairs that its state is not the server's.
    if (membership == null && !left.contains(event.namespace(), now)) {
      condemn(EngineCloseReason.TRANSPORT_ERROR, "event for a namespace that is not joined", now);
    } else if (membership != null && !membership.hold(event, maxEarly)) {
      condemn(EngineCloseReason.TRANSPORT_ERROR, "too many events for a pending namespace", now);
    }
  }

  private SocketEvent connect(SocketPacket.Connect connect, Membership membership, long now) {
    String namespace = connect.namespace();
    if (membership != null && !membership.isKicked()) {
      // An application that connects twice sends it twice (§12.3).
      return null;
    }
    if (membership == null && namespaces.size() >= config.maxNamespaces()) {
      sendRefusal(namespace, "Too many namespaces", TOO_MANY, now);
      return null;
    }
    Map<String, String> pairs =
        connect.query() == null ? Map.of() : FormFields.decode(connect.query());
    namespaces.put(namespace, new Membership());
    left.remove(namespace);
    if (!isOld()) {
      String auth = connect.auth() == null ? NO_AUTH : connect.auth();
      return new SocketEvent.ConnectRequested(namespace, auth, query);
    }
    Map<String, String> merged = query;
    if (!pairs.isEmpty()) {
      merged = new HashMap<>(query);
      merged.putAll(pairs);
    }
    return new SocketEvent.ConnectRequested(namespace, authOf(pairs), Map.copyOf(merged));
  }

  private static String authOf(Map<String, String> pairs) {
    var auth = new JsonObject();
    pairs.forEach(auth::put);
    return auth.encode();
  }

  // --------------------------------------------------------------- namespaces

  /**
   * Admits the client to a namespace it asked for. Packets sent from now on follow the reply.
   *
   * @param id the client's id there; clients of Engine.IO 3 compute their own
   * @param pid the secret id of a session that can be recovered, or null
   * @return false if the client has left in the meantime
   */
  public boolean accept(String namespace, String id, String pid) {
    return recover(namespace, id, pid, List.of());
  }

  /**
   * Recovers the client's former session: sends the packets that it missed, then the reply.
   *
   * @param id that the client had
   * @param pid that the client had; by it the client sees that it was recovered
   * @return false if the client has left in the meantime
   */
  public boolean recover(String namespace, String id, String pid, List<EncodedPacket> missed) {
    Membership membership = namespaces.get(namespace);
    if (membership == null || !membership.isPending()) {
      return false;
    }
    for (EncodedPacket packet : missed) {
      write(packet);
    }
    membership.join().forEach(events::add);
    connectBy = NEVER;
    String reply = null;
    if (!isOld()) {
      String recovery = pid == null ? "" : ",\"pid\":" + JsonText.quote(pid);
      reply = "{\"sid\":" + JsonText.quote(id) + recovery + '}';
    }
    write(EncodedPacket.plain('0', namespace, reply));
    return true;
  }

  /**
   * Refuses a namespace that the client asked for. The client may ask again.
   *
   * @param data JSON text with details, or null; clients of Engine.IO 3 get it instead of the
   *     message if it is a string, and not at all otherwise
   */
  public void refuse(String namespace, String message, String data, long now) {
    Membership membership = namespaces.get(namespace);
    if (membership != null && membership.isPending()) {
      namespaces.remove(namespace);
      left.add(namespace, now);
      sendRefusal(namespace, message, data, now);
    }
  }

  private void sendRefusal(String namespace, String message, String data, long now) {
    var payload = new StringBuilder();
    if (isOld()) {
      // Java clients of Engine.IO 3 ignore a refusal that is an object (§12.2).
      if (data != null && data.startsWith("\"")) {
        payload.append(data);
      } else {
        JsonScanner.quote(payload, message);
      }
    } else {
      payload.append("{\"message\":");
      JsonScanner.quote(payload, message);
      if (data != null) {
        payload.append(",\"data\":").append(data);
      }
      payload.append('}');
    }
    write(EncodedPacket.plain('4', namespace, payload.toString()));
    if (++refusals >= config.maxRefusals()) {
      condemn(EngineCloseReason.FORCED_SERVER_CLOSE, "refused too often", now);
    }
  }

  /** Removes the client from a namespace. Clients do not rejoin by themselves. */
  public void leave(String namespace) {
    Membership membership = namespaces.get(namespace);
    if (membership != null && membership.isJoined()) {
      membership.kick();
      write(EncodedPacket.disconnect(namespace));
    }
  }

  /** Removes the client from every namespace and closes the connection. */
  public void disconnect(long now) {
    for (String namespace : namespaces.keys()) {
      leave(namespace);
    }
    close(EngineCloseReason.FORCED_SERVER_CLOSE, now);
  }

  /** Closes the connection in order. The client may reconnect. */
  public void close(EngineCloseReason reason, long now) {
    condemned = true;
    engine.close(reason, "", now);
  }

  /** Closes the connection of a client that broke a rule, after the last words. */
  private void condemn(EngineCloseReason reason, String detail, long now) {
    condemned = true;
    lastWords(reason).forEach(engine::send);
    engine.close(reason, detail, now);
  }

  // ------------------------------------------------------------------ packets

  /**
   * Sends a packet that asks for no acknowledgement.
   *
   * @return false if the client is not in its namespace
   */
  public boolean send(EncodedPacket packet) {
    if (!isJoined(packet.namespace())) {
      return false;
    }
    write(packet);
    return true;
  }

  /**
   * Sends an event that asks for an acknowledgement, which arrives as a {@link SocketPacket.Ack} or
   * expires as a {@link SocketEvent.AckTimedOut}. Neither happens after the client has left.
   *
   * @param deadline milliseconds, on the clock of {@code now}
   * @return false, and nothing sent, if the client is not in its namespace or owes too many
   * @throws IllegalArgumentException if the packet has no id, or one that is owed already
   */
  public boolean ask(EncodedPacket packet, long deadline) {
    if (packet.ackId() < 0) {
      throw new IllegalArgumentException("packet asks for no acknowledgement");
    }
    Membership membership = namespaces.get(packet.namespace());
    if (membership == null
        || !membership.isJoined()
        || membership.owed() >= config.maxPendingAcks()) {
      return false;
    }
    if (!membership.expect(packet.ackId(), deadline)) {
      throw new IllegalArgumentException("ack id in use: " + packet.ackId());
    }
    ackBy = Math.min(ackBy, deadline);
    write(packet);
    return true;
  }

  /** No longer expects an acknowledgement; a late one is ignored. */
  public void forget(String namespace, long ackId) {
    Membership membership = namespaces.get(namespace);
    if (membership != null) {
      membership.settle(ackId);
    }
  }

  private void write(EncodedPacket packet) {
    engine.send(packet.header());
    for (EnginePacket attachment : packet.attachments()) {
      engine.send(attachment);
    }
  }

  private boolean isOld() {
    return engine.generation() == Generation.V3;
  }

  // --------------------------------------------------------------------- time

  /** Lets time pass, for the engine too. */
  public void advanceTo(long now) {
    engine.advanceTo(now);
    if (now >= connectBy) {
      connectBy = NEVER;
      condemn(EngineCloseReason.FORCED_SERVER_CLOSE, "joined no namespace", now);
    }
    if (now >= assembleBy) {
      assembleBy = NEVER;
      condemn(EngineCloseReason.FORCED_CLOSE, "attachments are missing", now);
    }
    if (now >= ackBy) {
      ackBy = NEVER;
      namespaces.forEach(
          (namespace, membership) ->
              ackBy =
                  Math.min(
                      ackBy,
                      membership.expire(
                          now,
                          NEVER,
                          id -> events.add(new SocketEvent.AckTimedOut(namespace, id)))));
    }
  }

  /** Returns when {@link #advanceTo} has something to do, or {@link EngineSession#NEVER}. */
  public long nextDeadline() {
    long next = Math.min(engine.nextDeadline(), connectBy);
    return Math.min(next, Math.min(assembleBy, ackBy));
  }
}
