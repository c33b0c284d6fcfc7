package io.linkspan.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Many WebSocket clients that send all the time, each one Message after the outcome of the one
 * before: to a service, to a service behind a route of HTTP, and to another of them. A Message that
 * is refused and a connection that ends are failures.
 */
public final class ChattingClients implements AutoCloseable {

  /** Between the outcome of a Message and the next one; milliseconds. */
  private static final int PAUSE = 2_000;

  private static final int BATCH = 100;

  private final Vertx vertx = Vertx.vertx();

  /** A field, since a client that is garbage collected closes its WebSockets. */
  private final WebSocketClient sockets;

  private final Queue<Client> all = new ConcurrentLinkedQueue<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final AtomicInteger inFlight = new AtomicInteger();
  private volatile boolean stopping;

  private ChattingClients(int count) {
    sockets = vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(count));
  }

  /** Connects clients to these ports in turn; returns when all are connected and send. */
  public static ChattingClients start(int count, List<Integer> ports) {
    var clients = new ChattingClients(count);
    for (int first = 0; first < count; first += BATCH) {
      List<Future<WebSocket>> batch = new ArrayList<>();
      for (int i = first; i < Math.min(count, first + BATCH); i++) {
        String user = "chat-" + i;
        String peer = "chat-" + (i + 1) % count;
        batch.add(
            clients
                .sockets
                .connect(
                    new WebSocketConnectOptions()
                        .setHost("127.0.0.1")
                        .setPort(ports.get(i % ports.size()))
                        .setURI("/ws?ack=transport&user=" + user)
                        .addSubProtocol("linkspan.json"))
                .onSuccess(socket -> clients.new Client(socket, peer)));
      }
      TestGateway.await(Future.all(batch));
    }
    // The first ones have no peer before the last ones are connected.
    int place = 0;
    for (Client client : clients.all) {
      client.begin(place++);
    }
    return clients;
  }

  private final class Client {
    private final WebSocket socket;
    private final String[] recipients;
    private int number;
    private String pending;

    Client(WebSocket socket, String peer) {
      this.socket = socket;
      recipients = new String[] {"service:echo", "user:" + peer, "service:legacy"};
      socket.textMessageHandler(this::onFrame);
      socket.closeHandler(
          v -> {
            if (!stopping) {
              failures.add("closed with " + socket.closeStatusCode());
            }
          });
      all.add(this);
    }

    /** Spreads the clients over the first pause. */
    void begin(int place) {
      vertx.setTimer(1 + place % PAUSE, id -> send());
    }

    private synchronized void send() {
      inFlight.incrementAndGet();
      if (stopping) {
        inFlight.decrementAndGet();
        return;
      }
      pending = Integer.toString(++number);
      socket.writeTextMessage(
          new JsonObject()
              .put(
                  "message",
                  new JsonObject()
                      .put("eventId", pending)
                      .put("to", recipients[number % recipients.length])
                      .put("type", "text")
                      .put("body", "hello"))
              .encode());
    }

    private synchronized void onFrame(String text) {
      JsonObject frame = new JsonObject(text);
      JsonObject ack = frame.getJsonObject("ack");
      JsonObject message = frame.getJsonObject("message");
      if (ack != null && ack.getString("eventId").equals(pending)) {
        pending = null;
        acknowledged.incrementAndGet();
        inFlight.decrementAndGet();
        vertx.setTimer(PAUSE, id -> send());
      } else if (message != null && "error".equals(message.getString("type"))) {
        failures.add(text);
      }
    }
  }

  /** Returns how many Messages were acknowledged. */
  public int acknowledged() {
    return acknowledged.get();
  }

  /** Fails if a Message was refused or a connection has ended. */
  public void checkNoneFailed() {
    assertThat(failures).isEmpty();
  }

  /** Sends no further Messages, and waits until each one that was sent is acknowledged. */
  public void stopAndAwaitOutcomes(Duration patience) {
    // A client counts its Message before it looks, so none is sent that is not counted here.
    stopping = true;
    await().atMost(patience).until(() -> inFlight.get() == 0 || !failures.isEmpty());
  }

  @Override
  public void close() {
    stopping = true;
    TestGateway.await(vertx.close());
  }
}
