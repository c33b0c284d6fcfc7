package io.linkspan.testing;

import io.linkspan.api.Message;
import io.vertx.core.json.JsonObject;

/** The transports, as a client with a token uses them. */
public enum TokenTransport {
  WEBSOCKET {
    @Override
    public TestClient open(Ports ports, String token, String session) {
      return WebSocketTestClient.connect(ports.http(), query(token, session));
    }

    @Override
    public void awaitJoin(TestClient client) {
      // The upgrade is answered when the session has begun.
    }

    @Override
    public int refusal(Ports ports, String token, String session) {
      try (var socket = RawWebSocket.connect(ports.http(), "/ws?" + query(token, session))) {
        String status = socket.status().split(" ", -1)[1];
        return status.equals("101") ? socket.readUntilClosed() : 4_000 + Integer.parseInt(status);
      }
    }

    private String query(String token, String session) {
      return "notify=auth&token=" + token + (session == null ? "" : "&session=" + session);
    }
  },

  SOCKETIO {
    @Override
    public TestClient open(Ports ports, String token, String session) {
      SocketIoTestClient client = SocketIoTestClient.open(ports.http(), "");
      JsonObject auth = new JsonObject().put("token", token);
      if (session != null) {
        auth.put("session", session).put("ack", "client");
      }
      client.sendPacket("40" + auth.encode());
      return client;
    }

    @Override
    public void awaitJoin(TestClient client) {
      String reply = ((SocketIoTestClient) client).readPacket();
      if (!reply.startsWith("40")) {
        throw new AssertionError("expected to be admitted, not " + reply);
      }
    }

    @Override
    public int refusal(Ports ports, String token, String session) {
      try (var client = (SocketIoTestClient) open(ports, token, session)) {
        String reply = client.readPacket();
        if (!reply.startsWith("44")) {
          throw new AssertionError("expected a refusal, not " + reply);
        }
        return new JsonObject(reply.substring(2)).getJsonObject("data").getInteger("code");
      }
    }
  },

  ENET {
    @Override
    public TestClient open(Ports ports, String token, String session) {
      return authenticate(EnetTestClient.connect(ports.enet()), token, session);
    }
  },

  TCP {
    @Override
    public TestClient open(Ports ports, String token, String session) {
      return authenticate(TcpTestClient.ofLengths(RawTcp.connect(ports.tcp())), token, session);
    }
  };

  /** The ports of a gateway. */
  public record Ports(int http, int enet, int tcp) {

    /** Returns those of a gateway in this process. */
    public static Ports of(TestGateway gateway) {
      return new Ports(gateway.httpPort(), gateway.enetPort(), gateway.tcpPort());
    }

    /** Returns those of a gateway in another process. */
    public static Ports of(GatewayProcess gateway) {
      return new Ports(gateway.httpPort(), gateway.enetPort(), gateway.tcpPort());
    }
  }

  private static TestClient authenticate(TestClient client, String token, String session) {
    Message.Builder auth =
        Message.newBuilder()
            .setEventId("auth")
            .setType("auth")
            .setBody(token)
            .putHeaders("notify", "auth");
    if (session != null) {
      auth.putHeaders("session", session);
    }
    client.send(auth.build());
    return client;
  }

  /**
   * Connects with a token, which is not verified yet.
   *
   * @param session token of a session to resume; empty for a new one that can be resumed; null for
   *     one that cannot
   */
  public abstract TestClient open(Ports ports, String token, String session);

  /** Connects with a token, which is not verified yet. */
  public TestClient open(TestGateway gateway, String token) {
    return open(Ports.of(gateway), token, null);
  }

  /** Waits until the session has begun. */
  public void awaitJoin(TestClient client) {
    if (!client.receiveAck().equals("auth")) {
      throw new AssertionError("not authenticated");
    }
  }

  /** Connects with a token and waits until the session has begun. */
  public TestClient connect(TestGateway gateway, String token) {
    TestClient client = open(gateway, token);
    awaitJoin(client);
    return client;
  }

  /** Connects with a token that is refused, and returns the number of the reason. */
  public int refusal(TestGateway gateway, String token) {
    return refusal(Ports.of(gateway), token, null);
  }

  /** Connects with a token that is refused, and returns the number of the reason. */
  public int refusal(Ports ports, String token, String session) {
    try (TestClient client = open(ports, token, session)) {
      String code = client.receiveError().getString("code");
      if (!code.equals("unauthenticated") && !code.equals("forbidden")) {
        throw new AssertionError("refused as " + code);
      }
      return client.closeCode();
    }
  }
}
