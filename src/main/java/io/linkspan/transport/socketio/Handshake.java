package io.linkspan.transport.socketio;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.Identity;
import io.linkspan.admission.Offence;
import io.linkspan.connection.CloseReason;
import io.linkspan.permission.Action;
import io.linkspan.permission.PermissionRules;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.session.Attachment;
import io.linkspan.translate.ClosingTranslator;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Decides who a client is, and whether it is admitted, when it joins its first namespace. */
record Handshake(
    ConnectPolicy policy,
    Supplier<PermissionRules> permissions,
    boolean acknowledgesByDefault,
    boolean recoveryByDefault) {

  private static final String BASE64 = "b64";
  private static final String USER = "user";
  private static final String TOKEN = "token";
  private static final String DEVICE = "device";
  private static final String TIMESTAMP = "t";

  /** The parameter {@code t} of a poll since version 4.8; before, it has another length. */
  private static final Pattern TIMESTAMP_OF_4_8 = Pattern.compile("[0-9a-z]{8}");

  /** Parameters of a client's query that are of use when it joins. */
  private static final List<String> PARAMETERS =
      List.of(USER, "ack", "session", DEVICE, BASE64, TIMESTAMP);

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
    return Map.copyOf(kept);
  }

  /** The client is admitted. */
  record Admitted(Identity identity, Attachment attachment) {}

  /**
   * Decides about a client that joins its first namespace.
   *
   * @param arrival of its first HTTP request
   */
  Future<Admitted> admit(
      SocketEvent.ConnectRequested request, Generation generation, Arrival arrival) {
    Credentials credentials;
    try {
      credentials = credentials(request, arrival);
    } catch (ConnectRefusedException refusal) {
      return Future.failedFuture(refusal);
    }
    return policy
        .admit(credentials, acknowledgesByDefault)
        .compose(
            client ->
                permitted(
                    request,
                    arrival.source(),
                    client.identity(),
                    new Admitted(
                        client.identity(),
                        attachment(client, request, generation == Generation.V3)
                            .withDevice(client.device()))));
  }

  /**
   * Decides about a client that joins a further namespace: credentials that it states there must be
   * of the same user.
   */
  Future<?> admitAgain(SocketEvent.ConnectRequested request, Arrival arrival, Identity joined) {
    Future<?> permitted = permitted(request, arrival.source(), joined, joined);
    if (permitted.failed()
        || !new JsonObject(request.auth()).containsKey(policy.verifies() ? TOKEN : USER)) {
      return permitted;
    }
    try {
      return policy.confirm(credentials(request, arrival), joined);
    } catch (ConnectRefusedException refusal) {
      return Future.failedFuture(refusal);
    }
  }

  private <T> Future<T> permitted(
      SocketEvent.ConnectRequested request,
      Credentials.Source source,
      Identity identity,
      T outcome) {
    if (permissions.get().decide(identity, Action.CONNECT, request.namespace(), "").allows()) {
      return Future.succeededFuture(outcome);
    }
    long banned = policy.offences().count(Offence.FORBIDDEN, source.address(), identity);
    return Future.failedFuture(
        banned > 0
            ? ConnectRefusedException.banned(banned)
            : ConnectRefusedException.forbidden("no permission to connect to this namespace"));
  }

  private static Credentials credentials(SocketEvent.ConnectRequested request, Arrival arrival)
      throws ConnectRefusedException {
    JsonObject auth = new JsonObject(request.auth());
    String token = text(TOKEN, auth);
    return new Credentials(
        parameter(USER, auth, request),
        token == null ? arrival.token() : token,
        parameter("ack", auth, request),
        parameter("session", auth, request),
        parameter(DEVICE, auth, request),
        true,
        arrival.source());
  }

  /** Returns the data with which a client has joined, without what proves its identity. */
  String publicAuth(SocketEvent.ConnectRequested request) {
    if (!policy.verifies()) {
      return request.auth();
    }
    JsonObject auth = new JsonObject(request.auth());
    return auth.remove(TOKEN) == null ? request.auth() : auth.encode();
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
    if (token == null && recoveryByDefault && recovers && !mayBeVersion3(request)) {
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

  /**
   * Whether the client may be of version 3: it began with polling, as versions before 4.8 do.
   * Versions 4.6 and 4.7 can recover and look the same, so they must ask for it.
   */
  private static boolean mayBeVersion3(SocketEvent.ConnectRequested request) {
    String timestamp = request.query().get(TIMESTAMP);
    return timestamp != null && !TIMESTAMP_OF_4_8.matcher(timestamp).matches();
  }

  /** Returns the data of a {@code closing} event and of a refusal. */
  static JsonObject explain(CloseReason reason, long retryAfterMs) {
    return ClosingTranslator.toJson(reason.code(), reason.label(), retryAfterMs);
  }

  private static String parameter(
      String name, JsonObject auth, SocketEvent.ConnectRequested request)
      throws ConnectRefusedException {
    String value = text(name, auth);
    return value == null ? request.query().get(name) : value;
  }

  private static String text(String name, JsonObject auth) throws ConnectRefusedException {
    Object value = auth.getValue(name);
    if (value == null || value instanceof String) {
      return (String) value;
    }
    throw ConnectPolicy.malformed(name + " must be a string");
  }
}
