package io.linkspan.testing;

import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;

/**
 * A client that behaves as an application should: it resumes its session after every lost link,
 * repeats in order what was not acknowledged, and shows no Message twice. A thread of its own
 * reads; another one sends.
 */
public final class ResumingClient {

  private static final int MAX_OPEN = 16;

  private final String user;
  private final ToIntFunction<Random> port;
  private final Random random;
  private volatile boolean stopped;

  /** Whether the client ends its session as soon as each of its Messages has an outcome. */
  private boolean leaving;

  /** Whether the client has ended its session and does not connect. */
  private volatile boolean away;

  private WebSocketTestClient link;
  private String token = "";
  private long brokenAt;

  /** Messages that are neither acknowledged nor refused, in the order in which they were sent. */
  private final Map<String, Message> open = new LinkedHashMap<>();

  public final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  public final Map<String, Integer> errors = new ConcurrentHashMap<>();

  /** EventIds in the order in which the application saw them, by sender. */
  public final Map<String, List<String>> received = new ConcurrentHashMap<>();

  /** The events of this client, to find the cause of a failure. */
  public final List<String> diary = new java.util.concurrent.CopyOnWriteArrayList<>();

  public final List<Long> recoveryTimes = new ArrayList<>();
  public int sent;
  public int redelivered;
  public int recovered;
  public int notRecovered;
  private final Set<String> seen = new HashSet<>();

  /** The streamed answers that the client has requested. */
  public final StreamReader streams;

  /**
   * Creates a client, which connects in {@link #run}.
   *
   * @param port of a node that may be alive, drawn for each attempt to connect
   */
  public ResumingClient(String user, ToIntFunction<Random> port, long seed) {
    this.user = user;
    this.port = port;
    random = new Random(seed);
    streams = new StreamReader(user);
  }

  public String user() {
    return user;
  }

  /** Reads, and reconnects after each lost link, until {@link #stop}. */
  public void run() {
    while (!stopped) {
      try {
        WebSocketTestClient current = link();
        if (current != null) {
          take(current.receive());
        } else if (away) {
          pause();
        } else {
          connect();
        }
      } catch (RuntimeException | AssertionError broken) {
        drop();
      }
    }
    drop();
  }

  /** Sends a Message, unless too many are open or there is no link. */
  public synchronized void send(Message message) {
    if (link == null || leaving || open.size() >= MAX_OPEN) {
      return;
    }
    sent++;
    open.put(message.getEventId(), message);
    write(message);
  }

  /** Requests a streamed answer, if the client has a link and no stream is open. */
  public synchronized void requestStream(String to) {
    Message request = link == null ? null : streams.request(to);
    if (request != null) {
      open.put(request.getEventId(), request);
      write(request);
    }
  }

  /** Returns whether each requested stream has ended. */
  public synchronized boolean hasAllStreams() {
    return streams.isIdle();
  }

  /**
   * Ends the session as soon as no Message is open, since the order of Messages is that of one
   * session. Does not connect before {@link #connectAgain}.
   */
  public synchronized void leave() {
    leaving = true;
    leaveIfDone();
  }

  private void leaveIfDone() {
    if (!leaving || link == null || !open.isEmpty()) {
      return;
    }
    note("leaves");
    away = true;
    token = "";
    try {
      link.socket().sendClose(1000);
    } catch (RuntimeException | AssertionError broken) {
      // The session stays until its time is over.
    }
    link.close();
    link = null;
  }

  /** Connects again, with a new session. */
  public synchronized void connectAgain() {
    leaving = false;
    away = false;
  }

  /** Returns whether the client has left, or will. */
  public synchronized boolean isLeaving() {
    return leaving;
  }

  /** Returns whether the client has a session and a link. */
  public synchronized boolean isConnected() {
    return link != null;
  }

  /** Returns the number of Messages that are neither acknowledged nor refused. */
  public synchronized int open() {
    return open.size();
  }

  /** Returns the eventIds that the application has seen. */
  public synchronized Set<String> seen() {
    return Set.copyOf(seen);
  }

  public void stop() {
    stopped = true;
    synchronized (this) {
      if (link != null) {
        link.close();
      }
    }
  }

  private synchronized WebSocketTestClient link() {
    return link;
  }

  private void connect() {
    WebSocketTestClient next;
    try {
      next =
          WebSocketTestClient.connect(
              port.applyAsInt(random), "user=" + user + "&session=" + token);
    } catch (RuntimeException | AssertionError refused) {
      pause();
      return;
    }
    Message told;
    try {
      told = next.receiveMessage();
    } catch (RuntimeException | AssertionError broken) {
      next.close();
      pause();
      return;
    }
    JsonObject session = new JsonObject(told.getBody());
    synchronized (this) {
      if (away) {
        next.close();
        return;
      }
      if (!token.isEmpty()) {
        long time = System.nanoTime() / 1_000_000 - brokenAt;
        recoveryTimes.add(time);
        note("back after " + time + " ms: " + told.getBody() + ", open " + open.keySet());
        if (session.getBoolean("recovered")) {
          recovered++;
        } else {
          notRecovered++;
          open.remove(streams.sessionLost());
        }
      }
      token = session.getString("session");
      link = next;
      open.values().forEach(this::write);
    }
  }

  private void pause() {
    try {
      Thread.sleep(50 + random.nextInt(150));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped = true;
    }
  }

  private synchronized void drop() {
    if (link != null) {
      link.close();
      link = null;
      brokenAt = System.nanoTime() / 1_000_000;
      note("link broken");
    }
  }

  private void write(Message message) {
    try {
      link.send(message);
    } catch (RuntimeException | AssertionError broken) {
      // The thread that reads reconnects.
    }
  }

  private synchronized void take(GeneratedMessage next) {
    if (next instanceof AckMessage ack) {
      if (open.remove(ack.getEventId()) != null && !streams.isRequest(ack.getEventId())) {
        acknowledged.add(ack.getEventId());
      }
      leaveIfDone();
      return;
    }
    Message message = (Message) next;
    if (message.getType().equals("error")) {
      if (open.remove(message.getReplyTo()) != null) {
        refused(message.getReplyTo(), new JsonObject(message.getBody()).getString("code"));
        note("error for " + message.getReplyTo() + ": " + message.getBody());
      }
      leaveIfDone();
      return;
    }
    if (streams.take(message)) {
      acknowledge(message);
      return;
    }
    if (seen.add(message.getEventId())) {
      noteOrder(message);
      received
          .computeIfAbsent(message.getFrom(), from -> new ArrayList<>())
          .add(message.getEventId());
    } else {
      redelivered++;
    }
    acknowledge(message);
  }

  private void acknowledge(Message message) {
    if (link != null) {
      link.acknowledge(message.getEventId());
    }
  }

  private void refused(String eventId, String code) {
    if (streams.isRequest(eventId)) {
      streams.refused(eventId, code);
    } else {
      errors.merge(code, 1, Integer::sum);
    }
  }

  private void noteOrder(Message message) {
    List<String> before = received.get(message.getFrom());
    if (before != null) {
      long number = numberOf(message.getEventId());
      long last = before.stream().mapToLong(ResumingClient::numberOf).max().orElse(-1);
      if (number < last) {
        note(message.getBody() + " " + message.getEventId() + " after " + last);
      }
    }
  }

  private void note(String what) {
    diary.add(java.time.Instant.now() + " " + user + " " + what);
  }

  private static long numberOf(String eventId) {
    return Long.parseLong(eventId.substring(eventId.lastIndexOf('-') + 1));
  }

  /**
   * Counts the Messages that the application saw after one that was sent later.
   *
   * @param senders users whose Messages count
   */
  public synchronized int outOfOrder(Set<String> senders) {
    int count = 0;
    for (List<String> eventIds : new HashMap<>(received).values()) {
      String first = eventIds.get(0);
      if (!senders.contains(first.substring(0, first.lastIndexOf('-')))) {
        continue;
      }
      long last = -1;
      for (String eventId : eventIds) {
        long number = numberOf(eventId);
        if (number < last) {
          count++;
        }
        last = Math.max(last, number);
      }
    }
    return count;
  }
}
