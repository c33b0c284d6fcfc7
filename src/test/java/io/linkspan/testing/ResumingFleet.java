package io.linkspan.testing;

import static java.util.stream.Collectors.toSet;

import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.connection.CloseReason;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.internal.http.WebSocketInternal;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Many WebSocket clients on one event loop. Each resumes its session as docs/clients.md asks, and
 * sends numbered Messages to others. A load balancer, which is part of this class, chooses the node
 * of each connect.
 */
public final class ResumingFleet implements AutoCloseable {

  private static final Pattern RETRY_AFTER = Pattern.compile("retryAfterMs=(\\d+)");
  private static final int MAX_RETRY_DELAY_MS = 500;
  private static final int ACK = 10;
  private static final int MESSAGE = 11;

  /** How a load balancer chooses a node. */
  public enum Balancer {
    /** As a Service of Kubernetes does. */
    RANDOM,
    /** As {@code leastconn} of HAProxy does. */
    LEAST_CONNECTIONS
  }

  /**
   * The Messages, moves and links of all clients.
   *
   * @param lost acknowledged Messages that did not reach their recipient
   * @param redelivered Messages that arrived more often than the application saw them
   * @param outOfOrder Messages that arrived after a later one, between clients that lost no
   *     session: the order is that of one session
   * @param gaps milliseconds between the close of a link and the resumed session, sorted
   * @param moves how often a client was asked to reconnect, at most
   * @param closes links that ended, by their codes
   */
  public record Report(
      int connected,
      int sent,
      int acknowledged,
      int refused,
      int received,
      int lost,
      int redelivered,
      int outOfOrder,
      int unrecovered,
      int moved,
      int moves,
      List<Long> gaps,
      Map<Integer, Integer> closes) {

    /** Returns a percentile of the gaps; 0 without any. */
    public long gap(int percent) {
      return gaps.isEmpty() ? 0 : gaps.get((gaps.size() - 1) * percent / 100);
    }
  }

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final Context loop = vertx.getOrCreateContext();
  private final WebSocketClient sockets =
      vertx.createWebSocketClient(new WebSocketClientOptions().setMaxConnections(100_000));
  private final Balancer balancer;
  private final Random random;
  private final List<Client> clients = new ArrayList<>();

  /** Links that are open or connect, by the port of their node. */
  private final Map<Integer, Integer> links = new LinkedHashMap<>();

  /** Hosts of nodes that are not on loopback, by their port. */
  private final Map<Integer, String> hosts = new HashMap<>();

  private final Map<Integer, Integer> closes = new TreeMap<>();
  private final List<Long> gaps = new ArrayList<>();
  private long sending = -1;
  private final List<Long> cuts = new ArrayList<>();
  private String group;
  private boolean acknowledges = true;
  private int firstUser;
  private int next;
  private boolean closed;

  /**
   * Creates a fleet without clients.
   *
   * @param ports of the nodes
   */
  public ResumingFleet(Balancer balancer, long seed, List<Integer> ports) {
    this.balancer = balancer;
    random = new Random(seed);
    ports.forEach(port -> links.put(port, 0));
  }

  /** Adds clients, which connect over some time. */
  public void add(int count, boolean resumable, int perSecond) {
    onLoop(
        () -> {
          int first = firstUser + clients.size();
          for (int i = 0; i < count; i++) {
            Client client = new Client("u" + (first + i), resumable);
            clients.add(client);
            vertx.setTimer(1 + i * 1_000L / perSecond, id -> client.connect());
          }
          return null;
        });
  }

  /**
   * Lets clients acknowledge nothing: what is written to them counts as delivered. Called before
   * clients are added.
   */
  public void acknowledgeNothing() {
    acknowledges = false;
  }

  /** Lets each client join a group with each new session; called before clients are added. */
  public void join(String name) {
    onLoop(() -> group = name);
  }

  /**
   * Sets the number in the name of the first client's user, so that several fleets have other
   * users; called before clients are added.
   */
  public void numberFrom(int first) {
    onLoop(() -> firstUser = first);
  }

  /**
   * Breaks the link of each client once in a period, evenly spaced and without a close frame, until
   * {@link #stopCutting}.
   *
   * @param away how long a client waits until it reconnects, in milliseconds
   */
  public void startCutting(long period, long away) {
    onLoop(
        () -> {
          for (int i = 0; i < clients.size(); i++) {
            Client client = clients.get(i);
            long first = 1 + i * period / clients.size();
            cuts.add(vertx.setTimer(first, id -> cutAgain(client, period, away)));
          }
          return null;
        });
  }

  private void cutAgain(Client client, long period, long away) {
    cuts.add(vertx.setPeriodic(period, id -> client.cut(away)));
    client.cut(away);
  }

  /** Breaks the links of all clients once; they reconnect at once. */
  public void cutAll() {
    onLoop(
        () -> {
          clients.forEach(client -> client.cut(1));
          return null;
        });
  }

  /** Ends the cuts; clients that are away reconnect when it is time. */
  public void stopCutting() {
    onLoop(
        () -> {
          cuts.forEach(vertx::cancelTimer);
          return null;
        });
  }

  /** Returns the arrivals and absences of each client. */
  public List<ClientLog> logs() {
    return onLoop(() -> clients.stream().map(Client::log).toList());
  }

  /** Adds a node, to which the balancer sends clients from now on. */
  public void addNode(int port) {
    onLoop(() -> links.put(port, 0));
  }

  /** Sets where clients reach the node with this port, unless it is on loopback. */
  public void locate(int port, String host) {
    onLoop(() -> hosts.put(port, host));
  }

  /** Removes a node, to which the balancer sends nobody any more. */
  public void removeNode(int port) {
    onLoop(() -> links.remove(port));
  }

  /** Returns how many clients have a session and a link. */
  public int connected() {
    return onLoop(() -> (int) clients.stream().filter(client -> client.ready).count());
  }

  /** Returns how many clients have a session and a link to a node. */
  public int connectedTo(int port) {
    return onLoop(
        () -> (int) clients.stream().filter(client -> client.ready && client.port == port).count());
  }

  /** Returns the eventIds of the Messages that have no outcome. */
  public List<String> open() {
    return onLoop(() -> clients.stream().flatMap(client -> client.open.keySet().stream()).toList());
  }

  /** Lets the clients send in turn, each to one of two others, until {@link #stopSending}. */
  public void startSending(int perSecond) {
    onLoop(
        () -> {
          sending = vertx.setPeriodic(Math.max(1, 1_000 / perSecond), id -> sendOne());
          return null;
        });
  }

  /** Ends the sending. */
  public void stopSending() {
    onLoop(() -> vertx.cancelTimer(sending));
  }

  private void sendOne() {
    int from = next++ % clients.size();
    Client to = clients.get((from + 1 + random.nextInt(2)) % clients.size());
    clients.get(from).send(to);
  }

  /** Returns what has happened until now. */
  public Report report() {
    return onLoop(this::newReport);
  }

  private Report newReport() {
    int lost = 0;
    int outOfOrder = 0;
    Set<String> received = new HashSet<>();
    Set<String> recovered =
        clients.stream().filter(c -> c.unrecovered == 0).map(c -> c.user).collect(toSet());
    for (Client client : clients) {
      outOfOrder += client.unrecovered > 0 ? 0 : client.order.late(recovered);
      received.addAll(client.received);
    }
    for (Client client : clients) {
      for (String eventId : client.acknowledged) {
        lost += received.contains(eventId) ? 0 : 1;
      }
    }
    return new Report(
        (int) clients.stream().filter(client -> client.ready).count(),
        clients.stream().mapToInt(client -> client.sent).sum(),
        clients.stream().mapToInt(client -> client.acknowledged.size()).sum(),
        clients.stream().mapToInt(client -> client.refused).sum(),
        received.size(),
        lost,
        clients.stream().mapToInt(client -> client.redelivered).sum(),
        outOfOrder,
        clients.stream().mapToInt(client -> client.unrecovered).sum(),
        (int) clients.stream().filter(client -> client.moves > 0).count(),
        clients.stream().mapToInt(client -> client.moves).max().orElse(0),
        gaps.stream().sorted().toList(),
        new TreeMap<>(closes));
  }

  @Override
  public void close() {
    onLoop(() -> closed = true);
    TestGateway.await(vertx.close());
  }

  private <T> T onLoop(Callable<T> action) {
    var result = new CompletableFuture<T>();
    loop.runOnContext(
        v -> {
          try {
            result.complete(action.call());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result.join();
  }

  private int choose() {
    List<Integer> ports = List.copyOf(links.keySet());
    return balancer == Balancer.RANDOM
        ? ports.get(random.nextInt(ports.size()))
        : ports.stream().min((a, b) -> Integer.compare(links.get(a), links.get(b))).orElseThrow();
  }

  private void count(int port, int change) {
    links.computeIfPresent(port, (p, count) -> count + change);
  }

  private static long now() {
    return System.nanoTime() / 1_000_000;
  }

  private static Buffer frame(int type, byte[] payload) {
    return Buffer.buffer(payload.length + 2).appendUnsignedShortLE(type).appendBytes(payload);
  }

  /** One client. */
  private final class Client {

    final String user;
    final boolean resumable;
    final Map<String, Message> open = new LinkedHashMap<>();
    final List<String> acknowledged = new ArrayList<>();

    /** EventIds that the application saw, each once. */
    final Set<String> received = new HashSet<>();

    final MessageOrder order = new MessageOrder();
    WebSocket socket;
    int port;
    boolean ready;
    String token = "";
    long lostAt;
    int sent;
    int refused;
    int moves;
    int unrecovered;
    int redelivered;
    int recovered;
    int failedConnects;
    final List<ClientLog.Arrival> arrivals = new ArrayList<>();
    final List<ClientLog.Absence> absences = new ArrayList<>();
    long brokenAt;
    long attemptAt;
    long awayFor;

    Client(String user, boolean resumable) {
      this.user = user;
      this.resumable = resumable;
    }

    void connect() {
      if (closed) {
        return;
      }
      if (attemptAt == 0) {
        attemptAt = System.currentTimeMillis();
      }
      int to = choose();
      count(to, 1);
      String query =
          "/ws?user="
              + user
              + "&ack="
              + (acknowledges ? "client" : "transport")
              + (resumable ? "&session=" + token : "");
      sockets
          .connect(to, hosts.getOrDefault(to, "127.0.0.1"), query)
          .onComplete(opened -> begin(opened, to), failure -> refused(to));
    }

    private void refused(int by) {
      failedConnects++;
      again(by, 0, 200);
    }

    void cut(long away) {
      if (ready) {
        awayFor = away;
        // As a lost network does: the close of the channel sends no close frame.
        var unused = ((WebSocketInternal) socket).channelHandlerContext().close();
      }
    }

    private void begin(WebSocket opened, int to) {
      socket = opened;
      port = to;
      if (!resumable) {
        ready = true;
      }
      opened.binaryMessageHandler(this::take);
      opened.closeHandler(
          v ->
              ended(
                  to, opened.closeStatusCode() == null ? 1006 : opened.closeStatusCode(), opened));
    }

    private void ended(int from, int code, WebSocket ended) {
      ready = false;
      socket = null;
      lostAt = now();
      brokenAt = System.currentTimeMillis();
      attemptAt = 0;
      closes.merge(code, 1, Integer::sum);
      if (code == CloseReason.RECONNECT.code()) {
        moves++;
      }
      String reason = ended.closeReason();
      Matcher given = RETRY_AFTER.matcher(reason == null ? "" : reason);
      again(
          from,
          given.find() ? Long.parseLong(given.group(1)) : awayFor,
          code == CloseReason.RECONNECT.code() || awayFor > 0 ? 0 : MAX_RETRY_DELAY_MS);
      awayFor = 0;
    }

    private void again(int from, long least, int jitter) {
      count(from, -1);
      vertx.setTimer(1 + least + (jitter == 0 ? 0 : random.nextInt(jitter)), id -> connect());
    }

    void send(Client to) {
      if (open.size() < 16) {
        Message message =
            Message.newBuilder()
                .setEventId(user + "-" + ++sent)
                .setTo("user:" + to.user)
                .setType("text")
                .setBody("hello")
                .build();
        open.put(message.getEventId(), message);
        write(message);
      }
    }

    private void write(Message message) {
      if (ready) {
        socket.write(frame(MESSAGE, message.toByteArray()));
      }
    }

    private void take(Buffer frame) {
      try {
        byte[] payload = frame.getBytes(2, frame.length());
        if (frame.getUnsignedShortLE(0) == ACK) {
          String eventId = AckMessage.parseFrom(payload).getEventId();
          Message acknowledgedOne = open.remove(eventId);
          if (acknowledgedOne != null && !acknowledgedOne.getTo().isEmpty()) {
            acknowledged.add(eventId);
          }
        } else {
          take(Message.parseFrom(payload));
        }
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException(e);
      }
    }

    private void take(Message message) {
      switch (message.getType()) {
        case "session" -> resumed(new JsonObject(message.getBody()));
        case "error" -> refused += open.remove(message.getReplyTo()) == null ? 0 : 1;
        default -> {
          if (received.add(message.getEventId())) {
            arrivals.add(new ClientLog.Arrival(message.getBody(), System.currentTimeMillis()));
            order.add(message.getEventId());
          } else {
            redelivered++;
          }
          if (acknowledges) {
            AckMessage ack = AckMessage.newBuilder().setEventId(message.getEventId()).build();
            socket.write(frame(ACK, ack.toByteArray()));
          }
        }
      }
    }

    private void resumed(JsonObject session) {
      ready = true;
      if (!token.isEmpty()) {
        gaps.add(now() - lostAt);
        absences.add(new ClientLog.Absence(brokenAt, attemptAt, System.currentTimeMillis()));
        recovered += session.getBoolean("recovered") ? 1 : 0;
        unrecovered += session.getBoolean("recovered") ? 0 : 1;
      }
      token = session.getString("session");
      if (group != null && !session.getBoolean("recovered")) {
        Message join =
            Message.newBuilder()
                .setEventId(user + "-join-" + unrecovered)
                .setType("join_group")
                .setBody(group)
                .build();
        open.put(join.getEventId(), join);
      }
      open.values().forEach(this::write);
    }

    ClientLog log() {
      return new ClientLog(
          user,
          ready,
          List.copyOf(arrivals),
          List.copyOf(absences),
          recovered,
          unrecovered,
          redelivered,
          failedConnects);
    }
  }
}
