package io.linkspan.protocol.socketio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.EngineEvent;
import io.linkspan.protocol.engineio.EnginePacket;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.engineio.FormFields;
import io.linkspan.protocol.engineio.Generation;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One Socket.IO client: its namespaces above its Engine.IO session. Used on one event loop.
 *
 * <p>The shell feeds the transports into {@link #engine()}, or calls a method here, and then takes
 * every {@link #pollEvent}, every {@link EngineSession#pollWrite}, and looks at {@link
 * #nextDeadline}; this replaces the events and deadlines of the engine. A client that breaks the
 * protocol ends as a {@link SocketEvent.Closed}. Times are in milliseconds, monotonic.
 */
public final class SocketSession<X, W> {
  /** What a client is told in a namespace before it is put out of it. */
  @FunctionalInterface
  public interface LastWords {

    /** Packets for that namespace; empty where there is nothing to say for that reason. */
    List<EncodedPacket> in(String namespace, EngineCloseReason reason);
  }

  private static final String ROOT = "/";
  private static final String NO_AUTH = "{}";
  private static final long NEVER = EngineSession.NEVER;

  private final EngineSession<X, W> engine;
  private final SocketConfig config;
  private final Map<String, String> query;
  private final SocketDecoder decoder;
  private final long assemblyTime;
  private final Map<String, Membership> namespaces = new HashMap<>(4);
  private final ArrayDeque<SocketEvent> events = new ArrayDeque<>(2);
  // What a client sent behind its DISCONNECT, before it can know that we have read it.
  private Set<String> leftThisTurn = Set.of();

  private LastWords lastWords = (namespace, reason) -> List.of();
  private int refusals;
  private boolean condemned;
  private long connectBy;
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
    engine.setLastWords(this::lastWords);
    this.assemblyTime =
        engineConfig.pingInterval().toMillis() + engineConfig.pingTimeout().toMillis();
    if (isOld()) {
      // Old clients are in the main namespace from the start, and wait to be told so.
      connectBy = NEVER;
      namespaces.put(ROOT, new Membership());
      events.add(new SocketEvent.ConnectRequested(ROOT, NO_AUTH, query));
    } else {
      connectBy = now + config.connectTimeout().toMillis();
    }
  }

  /** Whom to ask what the client is told when its session ends other than by {@link #close}. */
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

  /** The session below, for what arrives from the transports and what is to be written to them. */
  public EngineSession<X, W> engine() {
    return engine;
  }

  public Generation generation() {
    return engine.generation();
  }

  /** Whether the client is in the namespace. */
  public boolean isJoined(String namespace) {
    Membership membership = namespaces.get(namespace);
    return membership != null && membership.isJoined();
  }

  /** What happened, in order; null when that is all, which also ends the turn. */
  public SocketEvent pollEvent(long now) {
    while (true) {
      if (!events.isEmpty()) {
        return events.poll();
      }
      EngineEvent below = engine.pollEvent();
      if (below == null) {
        leftThisTurn = Set.of();
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
    if (membership == null && leftThisTurn.contains(namespace)) {
      return null;
    }
    if (membership != null && membership.isKicked()) {
      if (packet instanceof SocketPacket.Disconnect) {
        namespaces.remove(namespace);
      }
      return null;
    }
    if (membership == null || !membership.isJoined()) {
      condemn(EngineCloseReason.FORCED_SERVER_CLOSE, "packet for a namespace not joined", now);
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
      if (leftThisTurn.isEmpty()) {
        leftThisTurn = new HashSet<>();
      }
      leftThisTurn.add(namespace);
      return new SocketEvent.Left(namespace);
    }
    condemn(EngineCloseReason.FORCED_SERVER_CLOSE, "connect error from a client", now);
    return null;
  }

  private SocketEvent connect(SocketPacket.Connect connect, Membership membership, long now) {
    String namespace = connect.namespace();
    if (membership != null && !membership.isKicked()) {
      // Applications that connect twice send it twice while the first is pending.
      if (membership.isJoined()) {
        condemn(EngineCloseReason.FORCED_SERVER_CLOSE, "joined twice", now);
      }
      return null;
    }
    if (membership == null && namespaces.size() >= config.maxNamespaces()) {
      sendRefusal(namespace, "Too many namespaces", null, now);
      return null;
    }
    Map<String, String> pairs =
        connect.query() == null ? Map.of() : FormFields.decode(connect.query());
    namespaces.put(namespace, new Membership());
    if (!leftThisTurn.isEmpty()) {
      leftThisTurn.remove(namespace);
    }
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
   * Lets the client into a namespace it asked for. Packets sent from now on follow the reply.
   *
   * @param id the client's id there; old clients compute their own and are not told
   * @param pid the secret id of a session that can be recovered, or null
   * @return false if the client is gone meanwhile
   */
  public boolean accept(String namespace, String id, String pid) {
    return recover(namespace, id, pid, List.of());
  }

  /**
   * Gives the client its former session back: what it missed, then the reply.
   *
   * @param id the one it had
   * @param pid the one it had: by this the client knows that it was recovered
   * @return false if the client is gone meanwhile
   */
  public boolean recover(String namespace, String id, String pid, List<EncodedPacket> missed) {
    Membership membership = namespaces.get(namespace);
    if (membership == null || !membership.isPending()) {
      return false;
    }
    for (EncodedPacket packet : missed) {
      write(packet);
    }
    membership.join();
    connectBy = NEVER;
    String reply = null;
    if (!isOld()) {
      var object = new JsonObject().put("sid", id);
      reply = (pid == null ? object : object.put("pid", pid)).encode();
    }
    write(EncodedPacket.plain('0', namespace, reply));
    return true;
  }

  /**
   * Keeps the client out of a namespace it asked for. It may ask again.
   *
   * @param data JSON text that explains more, or null; old clients get it instead of the message if
   *     it is a string, and not at all otherwise
   */
  public void refuse(String namespace, String message, String data, long now) {
    Membership membership = namespaces.get(namespace);
    if (membership != null && membership.isPending()) {
      namespaces.remove(namespace);
      sendRefusal(namespace, message, data, now);
    }
  }

  private void sendRefusal(String namespace, String message, String data, long now) {
    var payload = new StringBuilder();
    if (isOld() && !config.v3ErrorObjects()) {
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

  /** Puts the client out of a namespace, for good: clients do not come back by themselves. */
  public void leave(String namespace) {
    Membership membership = namespaces.get(namespace);
    if (membership != null && membership.isJoined()) {
      membership.kick();
      write(EncodedPacket.disconnect(namespace));
    }
  }

  /** Puts the client out of every namespace and closes the connection. */
  public void disconnect(long now) {
    for (String namespace : List.copyOf(namespaces.keySet())) {
      leave(namespace);
    }
    close(EngineCloseReason.FORCED_SERVER_CLOSE, now);
  }

  /** Closes the connection in order. The client may come back. */
  public void close(EngineCloseReason reason, long now) {
    condemned = true;
    engine.close(reason, "", now);
  }

  /** The client has broken a rule: it hears which, and its connection is closed in order. */
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
   * Sends an event that asks for an acknowledgement, which comes as a {@link SocketPacket.Ack} or
   * ends as a {@link SocketEvent.AckTimedOut}; neither comes after the client has left.
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

  /** No longer expects an acknowledgement; one that still comes is ignored. */
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
      condemn(EngineCloseReason.FORCED_CLOSE, "attachments did not come", now);
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

  /** When {@link #advanceTo} has something to do, or {@link EngineSession#NEVER}. */
  public long nextDeadline() {
    long next = Math.min(engine.nextDeadline(), connectBy);
    return Math.min(next, Math.min(assembleBy, ackBy));
  }
}
