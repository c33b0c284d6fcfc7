package io.linkspan.bench.peer;

import io.linkspan.bench.board.DeliveryCount.Sent;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Sends broadcasts and direct messages to the clients of a server over its HTTP API. */
public final class Publisher {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI messages;
  private final String name;
  private final List<Sent> sent = new ArrayList<>();
  private int refused;

  /**
   * Creates a publisher that has sent nothing.
   *
   * @param name with which the body of each message begins
   */
  public Publisher(int port, String name) {
    this.name = name;
    messages = URI.create("http://127.0.0.1:" + port + "/v1/messages");
  }

  /**
   * Sends evenly over some time, or as fast as the server answers if that takes longer.
   *
   * @param direct messages to each client, which are sent in an order that follows from the seed
   */
  public void publish(String group, int broadcasts, int clients, int direct, long millis, long seed)
      throws IOException, InterruptedException {
    var random = new Random(seed);
    int directs = clients * direct;
    int all = broadcasts + directs;
    int offset = random.nextInt(clients);
    long start = System.nanoTime();
    int sentToAll = 0;
    int sentDirect = 0;
    for (int i = 0; i < all; i++) {
      long due = start + i * TimeUnit.MILLISECONDS.toNanos(millis) / all;
      for (long wait; (wait = due - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(wait);
      }
      if ((long) (i + 1) * broadcasts / all > sentToAll) {
        send("group:" + group, null, name + "-b" + sentToAll++);
      } else {
        String user = "u" + (sentDirect + offset) % clients;
        send("user:" + user, user, name + "-d" + sentDirect++);
      }
    }
  }

  private void send(String to, String user, String body) throws IOException, InterruptedException {
    JsonObject message =
        new JsonObject()
            .put("to", to)
            .put("type", "text")
            .put("eventId", name + '-' + sent.size())
            .put("body", body);
    HttpRequest request =
        HttpRequest.newBuilder(messages)
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(message.encode()))
            .build();
    sent.add(new Sent(body, user, System.currentTimeMillis()));
    HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
    if (response.statusCode() != 202) {
      refused++;
    }
  }

  /** Returns the messages that were sent, those that were refused too. */
  public List<Sent> sent() {
    return List.copyOf(sent);
  }

  /** Returns how many messages the server has refused. */
  public int refused() {
    return refused;
  }
}
