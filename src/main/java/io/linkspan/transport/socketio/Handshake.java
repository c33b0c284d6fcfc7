package io.linkspan.transport.socketio;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.Identity;
import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.session.Attachment;
import io.linkspan.translate.ClosingTranslator;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Decides who a client is, and whether it is admitted, when it joins its first namespace. */
record Handshake(ConnectPolicy policy, boolean acknowledgesByDefault, boolean recoveryByDefault) {

  private static final String BASE64 = "b64";

  /** Parameters of a client's query that are of use when it joins. */
  private static final List<String> PARAMETERS = List.of("user", "ack", "session", BASE64);

  /** Longer values are refused, whatever they go on with. */
  private static final int MAX_PARAMETER = 512;

  /** Returns the part of a query that a client that has not joined yet is worth keeping. */
  static Map<String, String> parametersOf(Map<String, String> query) {
    Map<String, String> kept = new HashMap<>(4);
    for (String name : PARAMETERS) {
      String value = query.get(name);
      if (value != null) {
        kept.put(name, value.substring(0, Math.min(MAX_PARAMETER, value.length())));
      }
    }
    return kept;
  }

  /** The client is admitted. */
  record Admitted(Identity identity, Attachment attachment) {}

  Admitted admit(SocketEvent.ConnectRequested request, boolean old) throws ConnectRefusedException {
    JsonObject auth = new JsonObject(request.auth());
    String session = parameter("session", auth, request);
    var credentials =
        new Credentials(parameter("user", auth, request), parameter("ack", auth, request), session);
    ConnectPolicy.Admitted client = policy.admit(credentials, acknowledgesByDefault);
    return new Admitted(client.identity(), attachment(client, request, old));
  }

  /**
   * A client names its former session with {@code session}, one of Socket.IO 4 also with {@code
   * pid}.
   */
  private Attachment attachment(
      ConnectPolicy.Admitted client, SocketEvent.ConnectRequested request, boolean old) {
    boolean acknowledges = client.clientAcknowledges();
    String token = client.session();
    boolean announce = token != null;
    if (old) {
      return new Attachment(acknowledges, token, announce, false);
    }
    if (request.recovery() != null) {
      token = request.recovery().pid();
      return new Attachment(acknowledges, token, announce, true);
    }
    boolean recovers = !isVersion3(request);
    if (token == null && recoveryByDefault && recovers) {
      token = "";
    }
    return new Attachment(acknowledges, token, announce, recovers);
  }

  /**
   * Whether the client shows itself to be of version 3, which would take offsets for arguments of
   * its application. In Node only that version asks for base64, over polling.
   */
  private static boolean isVersion3(SocketEvent.ConnectRequested request) {
    return request.query().containsKey(BASE64);
  }

  /** Returns the data of a {@code closing} event and of a refusal. */
  static JsonObject explain(CloseReason reason, long retryAfterMs) {
    return ClosingTranslator.toJson(reason.code(), reason.label(), retryAfterMs);
  }

  private static String parameter(
      String name, JsonObject auth, SocketEvent.ConnectRequested request)
      throws ConnectRefusedException {
    Object value = auth.getValue(name);
    if (value == null) {
      return request.query().get(name);
    }
    if (value instanceof String text) {
      return text;
    }
    throw ConnectPolicy.malformed(name + " must be a string");
  }
}
