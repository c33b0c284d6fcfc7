package io.linkspan.protocol.engineio;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parts of a request that the protocol reads.
 *
 * @param method as in HTTP, upper case
 * @param upgrade it asks for a WebSocket
 * @param transport as it was sent, or null
 * @param sid the session it belongs to; null for a handshake
 * @param eio as it was sent, or null
 * @param base64 the client takes no binary on the transport this request creates
 * @param jsonp the digits of the JSONP callback's index, or null
 * @param query every parameter, those of the application among them
 */
public record EngineRequest(
    String method,
    boolean upgrade,
    String transport,
    String sid,
    String eio,
    boolean base64,
    String jsonp,
    Map<String, String> query) {

  private static final Pattern OLDEST_TIMESTAMP = Pattern.compile("[0-9]{13}-[0-9]{1,9}");
  static final String POLLING = "polling";
  static final String WEBSOCKET = "websocket";

  /**
   * Reads the query of a request.
   *
   * @param query decoded parameters; of several with one name the last
   */
  public static EngineRequest of(String method, boolean upgrade, Map<String, String> query) {
    String sid = query.get("sid");
    String b64 = query.get("b64");
    String j = query.get("j");
    return new EngineRequest(
        method,
        upgrade,
        query.get("transport"),
        sid == null || sid.isEmpty() ? null : sid,
        query.get("EIO"),
        "1".equals(b64) || "true".equals(b64) || j != null,
        j == null ? null : Jsonp.index(j),
        Map.copyOf(query));
  }

  /**
   * Whether the client is a Socket.IO client 1.1 to 1.3 for JavaScript. These alone number their
   * requests with a time and a counter.
   */
  boolean isOldest() {
    return generation() == Generation.V3 && OLDEST_TIMESTAMP.matcher(timestamp()).matches();
  }

  private String timestamp() {
    return query.getOrDefault("t", "");
  }

  /** Returns the revision that the request names, or null for an unknown one. */
  public Generation generation() {
    return Generation.named(eio);
  }
}
