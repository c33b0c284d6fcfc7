package io.linkspan.transport.socketio;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.config.ConfigNode;
import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.SocketConfig;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The Socket.IO transport.
 *
 * @param path of the endpoint, without its last slash
 * @param serveClient whether web pages can load the JavaScript client from the path
 * @param pingInterval from one heartbeat to the next
 * @param pingTimeout how long the answer to a heartbeat may take
 * @param connectTimeout how long a new client may take to join its first namespace
 * @param maxPayload bytes of one POST body, and of one WebSocket message
 * @param namespaces that clients may join
 * @param generations of Engine.IO that are served
 * @param jsonp whether old clients may poll with JSONP
 * @param clientAcknowledges the default of {@code ack}: whether clients acknowledge Messages
 * @param recovery whether every client of Socket.IO 4 is offered to recover its session; else those
 *     that ask for a session
 * @param connectEvent whether services are told of each namespace a client joins
 * @param maxRelayed how many polls and POSTs for sessions of other nodes may wait at once on this
 *     one; 0 is no limit
 */
public record SocketIoConfig(
    boolean enabled,
    String path,
    boolean serveClient,
    Duration pingInterval,
    Duration pingTimeout,
    Duration connectTimeout,
    int maxPayload,
    List<String> namespaces,
    Set<Generation> generations,
    boolean jsonp,
    boolean clientAcknowledges,
    boolean recovery,
    boolean connectEvent,
    int maxRelayed) {

  /** The type byte of a binary packet of Engine.IO 3, which the payload limit does not count. */
  private static final int TYPE_BYTE = 1;

  private static final int MIN_PAYLOAD = 128;
  private static final int MAX_PAYLOAD = 1 << 30;

  public SocketIoConfig {
    namespaces = List.copyOf(namespaces);
    generations = Set.copyOf(generations);
  }

  /** Bytes of one WebSocket frame. */
  public int maxFrame() {
    return maxPayload + TYPE_BYTE;
  }

  EngineConfig engine(LimitsConfig limits) {
    EngineConfig standard = EngineConfig.DEFAULT;
    return new EngineConfig(
        pingInterval,
        pingTimeout,
        standard.upgradeTimeout(),
        standard.closeLinger(),
        maxPayload,
        limits.writeQueue() == 0 ? Long.MAX_VALUE : limits.writeQueue(),
        generations,
        jsonp);
  }

  SocketConfig socket() {
    SocketConfig standard = SocketConfig.DEFAULT;
    return new SocketConfig(
        connectTimeout,
        standard.maxNamespaces(),
        standard.maxRefusals(),
        // The outbox limits them.
        Integer.MAX_VALUE);
  }

  /** Reads the section {@code socketio}. */
  public static SocketIoConfig read(ConfigNode socketio) {
    String path = socketio.text("path");
    if (!path.matches("/[^?#\\s]*[^?#\\s/]/?")) {
      socketio.reject("path", "a path that begins with / and is not /");
    }
    return new SocketIoConfig(
        socketio.flag("enabled"),
        path.endsWith("/") ? path.substring(0, path.length() - 1) : path,
        socketio.flag("serveClient"),
        socketio.duration("pingInterval"),
        socketio.duration("pingTimeout"),
        socketio.duration("connectTimeout"),
        socketio.size("maxPayload", MIN_PAYLOAD, MAX_PAYLOAD),
        namespaces(socketio),
        generations(socketio),
        socketio.flag("jsonp"),
        socketio.either("acknowledge", "client", "transport"),
        socketio.flag("recovery"),
        socketio.flag("connectEvent"),
        socketio.count("maxRelayed", 0));
  }

  private static Set<Generation> generations(ConfigNode socketio) {
    Set<Generation> generations = EnumSet.noneOf(Generation.class);
    for (String name : socketio.scalars("generations")) {
      switch (name) {
        case "3" -> generations.add(Generation.V3);
        case "4" -> generations.add(Generation.V4);
        default -> socketio.reject("generations", "3, 4 or both");
      }
    }
    if (generations.isEmpty()) {
      socketio.reject("generations", "3, 4 or both");
    }
    return generations;
  }

  private static List<String> namespaces(ConfigNode socketio) {
    List<String> namespaces = socketio.texts("namespaces");
    if (namespaces.isEmpty() || !namespaces.stream().allMatch(name -> name.matches("/[^,?]*"))) {
      socketio.reject("namespaces", "names that begin with / and have no comma or ?");
    }
    return namespaces;
  }
}
