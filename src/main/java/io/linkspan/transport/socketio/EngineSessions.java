package io.linkspan.transport.socketio;

import io.linkspan.directory.Nodes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Finds the Engine.IO sessions of this node by their id, and of other nodes who has them. Shared by
 * all event loops.
 *
 * <p>An id reads {@code NODE-SHARD-SECRET}: from the first two parts any node can tell who owns the
 * session. The last one has 144 random bits, as whoever knows an id may poll for its client.
 */
public final class EngineSessions {

  private static final int SECRET_BYTES = 18;
  private static final int ID_LENGTH = 20;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Nodes nodes;
  private final RelayLimiter relayPlaces;
  private final ConcurrentMap<String, SocketIoConnection> sessions = new ConcurrentHashMap<>();

  /**
   * @param relayPlaces for requests that are for other nodes
   */
  public EngineSessions(Nodes nodes, RelayLimiter relayPlaces) {
    this.nodes = nodes;
    this.relayPlaces = relayPlaces;
  }

  Nodes nodes() {
    return nodes;
  }

  RelayLimiter relayPlaces() {
    return relayPlaces;
  }

  /** A new id for a session of a shard. */
  String newId(int shard) {
    return nodes.self().id() + '-' + shard + '-' + secret();
  }

  /** What nobody can guess, in characters that need no escaping in a URL. */
  static String secret() {
    byte[] secret = new byte[SECRET_BYTES];
    RANDOM.nextBytes(secret);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  /** Id of a client in a namespace: the same whenever and wherever its session is taken up. */
  static String idIn(String namespace, String pid) {
    byte[] digest;
    try {
      digest =
          MessageDigest.getInstance("SHA-256")
              .digest((pid + namespace).getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(digest).substring(0, ID_LENGTH);
  }

  /** The session with this id, which may live on another event loop; null when there is none. */
  SocketIoConnection find(String id) {
    return id == null ? null : sessions.get(id);
  }

  /** Another node's event loop that has the session with this id; null when there is none. */
  EngineAddress ownerOf(String id) {
    return id == null ? null : EngineAddress.of(id, nodes);
  }

  void add(String id, SocketIoConnection session) {
    sessions.put(id, session);
  }

  void remove(String id) {
    sessions.remove(id);
  }

  /** Those of one event loop, of which each may end while they are looked at. */
  Iterable<SocketIoConnection> all() {
    return sessions.values();
  }
}
