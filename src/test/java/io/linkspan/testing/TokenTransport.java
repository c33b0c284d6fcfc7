package io.linkspan.testing;

import io.linkspan.api.Message;
import io.vertx.core.json.JsonObject;

/** The transports, as a client with a token uses them. */
public enum TokenTransport {
  WEBSOCKET {
    @Override
    public TestClient open(TestGateway gateway, String token) {
      return WebSocketTestClient.connect(gateway.httpPort(), "notify=auth&token=" + token);
    }

    @Override
    public void awaitJoin(TestClient client) {
      // The upgrade is answered when the session has begun.
    }

    @Override
    public int refusal(TestGateway gateway, String token) {
      try (TestClient client = open(gateway, token)) {
        return client.closeCode();
      }
    }
  },

  SOCKETIO {
    @Override
    public TestClient open(TestGateway gateway, String token) {
      SocketIoTestClient client = SocketIoTestClient.open(gateway.httpPort(), "");
      client.sendPacket("40" + new JsonObject().put("token", token).encode());
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
    public int refusal(TestGateway gateway, String token) {
      try (var client = (SocketIoTestClient) open(gateway, token)) {
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
    public TestClient open(TestGateway gateway, String token) {
      return authenticate(EnetTestClient.connect(gateway.enetPort()), token);
    }
  },

  TCP {
    @Override
    public TestClient open(TestGateway gateway, String token) {
      return authenticate(TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort())), token);
    }
  };

  private static TestClient authenticate(TestClient client, String token) {
    client.send(
        Message.newBuilder()
            .setEventId("auth")
            .setType("auth")
            .setBody(token)
            .putHeaders("notify", "auth")
            .build());
    return client;
  }

  /** Connects with a token, which is not verified yet. */
  public abstract TestClient open(TestGateway gateway, String token);

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
    try (TestClient client = open(gateway, token)) {
      String code = client.receiveError().getString("code");
      if (!code.equals("unauthenticated")) {
        throw new AssertionError("refused as " + code);
      }
      return client.closeCode();
    }
  }
}
