import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client of linkspan with nothing but the JDK that resumes its session. With a gateway running:
 *
 * <pre>java docs/examples/Resume.java [ws://127.0.0.1:8080/ws] [USER]</pre>
 *
 * Prints what USER receives, through lost connections, until somebody sends it "bye". The text fields of the
 * messages are written and read by hand; with protobuf-java they would not be.
 */
class Resume {

  static final int ACK = 10;
  static final int MESSAGE = 11;
  static final int EVENT_ID = 1;
  static final int FROM = 2;
  static final int TO = 3;
  static final int TYPE = 5;
  static final int BODY = 6;
  static final int REPLY_TO = 10;

  /** Do not reconnect. After 4401 this client has no other identity. */
  static final Set<Integer> NEVER = Set.of(1000, 1002, 1003, 1007, 1008, 1009, 1010, 4400, 4401, 4403, 4409, 4410);

  static final long FIRST_DELAY_MS = 500;
  static final long MAX_DELAY_MS = 30_000;
  static final long STABLE_MS = 5_000;

  static final HttpClient HTTP = HttpClient.newHttpClient();

  final String url;
  final String user;
  String session = "";
  Link link;

  /** Messages without an outcome, in the order of sending. */
  final Map<String, ByteBuffer> pending = new LinkedHashMap<>();

  /** The latest messages by sender and eventId. */
  final Map<String, Boolean> seen =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > 2_000;
        }
      };

  Resume(String url, String user) {
    this.url = url;
    this.user = user;
  }

  public static void main(String[] args) throws Exception {
    var client = new Resume(args.length > 0 ? args[0] : "ws://127.0.0.1:8080/ws", args.length > 1 ? args[1] : "hello");
    client.send("service:echo", "text", "Hello, linkspan!");
    client.run();
  }

  /** The only loop that connects: there is one connection at most. */
  void run() throws InterruptedException {
    for (int attempt = 0; ; attempt++) {
      long started = System.nanoTime();
      var next = new Link();
      URI uri = URI.create(url + "?ack=client&user=" + user + "&session=" + session);
      try {
        WebSocket socket = HTTP.newWebSocketBuilder().connectTimeout(java.time.Duration.ofSeconds(10)).buildAsync(uri, next).join();
        next.closed.join();
        socket.abort();
      } catch (CompletionException refused) {
        next.code = 1006;
      }
      synchronized (this) {
        link = null;
      }
      if (next.left) {
        return;
      }
      if (NEVER.contains(next.code) || (next.code >= 4500 && next.code < 5000)) {
        System.out.println("closed by the gateway: " + next.code + " " + next.reason);
        System.exit(1);
      }
      if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started) > STABLE_MS) {
        attempt = 0;
      }
      long ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS << Math.min(attempt, 10));
      Matcher retryAfter = Pattern.compile("retryAfterMs=(\\d{1,7})").matcher(next.reason);
      long least = (retryAfter.find() ? Long.parseLong(retryAfter.group(1)) : 0) + (attempt == 0 ? 0 : ceiling / 2);
      Thread.sleep(least + ThreadLocalRandom.current().nextLong(ceiling / 2));
    }
  }

  /** Sends a message, now or after the next connect, until it has an outcome. */
  synchronized void send(String to, String type, String body) {
    String eventId = UUID.randomUUID().toString();
    ByteBuffer frame = frame(MESSAGE, Map.of(EVENT_ID, eventId, TO, to, TYPE, type, BODY, body));
    pending.put(eventId, frame);
    if (link != null) {
      link.write(frame);
    }
  }

  synchronized void onFrame(Link from, ByteBuffer frame) {
    int type = frame.order(ByteOrder.LITTLE_ENDIAN).getShort() & 0xffff;
    Map<Integer, String> fields = fields(frame);
    String eventId = fields.getOrDefault(EVENT_ID, "");
    String body = fields.getOrDefault(BODY, "");
    if (type == ACK) {
      pending.remove(eventId);
      return;
    }
    switch (fields.getOrDefault(TYPE, "")) {
      case "session" -> { // the first message of each connection
        Matcher token = Pattern.compile("\"session\":\"([^\"]*)\"").matcher(body);
        session = token.find() ? token.group(1) : "";
        System.out.println(body.contains("\"recovered\":true") ? "resumed" : "a new session");
        link = from;
        pending.values().forEach(link::write);
      }
      case "error" -> {
        pending.remove(fields.getOrDefault(REPLY_TO, ""));
        System.out.println("refused: " + body);
      }
      case "auth", "closing" -> {}
      default -> {
        if (seen.put(fields.get(FROM) + "\n" + eventId, true) == null) {
          System.out.println(fields.get(FROM) + ": " + body);
        }
        from.write(frame(ACK, Map.of(EVENT_ID, eventId)));
        if (body.equals("bye")) {
          from.leave();
        }
      }
    }
  }

  /** One connection. */
  class Link implements WebSocket.Listener {
    final CompletableFuture<Void> closed = new CompletableFuture<>();
    final ByteArrayOutputStream parts = new ByteArrayOutputStream();
    CompletableFuture<WebSocket> written = new CompletableFuture<>();
    int code = 1006;
    String reason = "";
    boolean left;

    /** A WebSocket of the JDK rejects a message while another one is being sent: so they are chained. */
    void write(ByteBuffer frame) {
      written = written.thenCompose(socket -> socket.sendBinary(frame.duplicate(), true));
      written.whenComplete((socket, broken) -> {
        if (broken != null) { // the JDK does not always call onError then
          closed.complete(null);
        }
      });
    }

    /** Ends the connection and, by code 1000, the session. */
    void leave() {
      left = true;
      written.thenCompose(socket -> socket.sendClose(WebSocket.NORMAL_CLOSURE, "")).whenComplete((socket, e) -> closed.complete(null));
    }

    @Override
    public void onOpen(WebSocket socket) {
      written.complete(socket);
      socket.request(1);
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] part = new byte[data.remaining()];
      data.get(part);
      parts.writeBytes(part);
      if (last) { // a message may arrive in parts
        onFrame(this, ByteBuffer.wrap(parts.toByteArray()));
        parts.reset();
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      this.code = code;
      this.reason = reason;
      closed.complete(null);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      closed.complete(null);
    }
  }

  /** The type is little-endian. A ByteBuffer is big-endian unless told otherwise, and the gateway would see type 2816. */
  static ByteBuffer frame(int type, Map<Integer, String> fields) {
    var content = new ByteArrayOutputStream();
    fields.forEach(
        (number, text) -> {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          content.write(number << 3 | 2);
          for (int length = bytes.length; ; length >>>= 7) {
            content.write(length < 128 ? length : length & 127 | 128);
            if (length < 128) {
              break;
            }
          }
          content.writeBytes(bytes);
        });
    ByteBuffer frame = ByteBuffer.allocate(2 + content.size()).order(ByteOrder.LITTLE_ENDIAN);
    return frame.putShort((short) type).put(content.toByteArray()).flip();
  }

  /** Reads the fields of a message, which all have a length. */
  static Map<Integer, String> fields(ByteBuffer in) {
    Map<Integer, String> fields = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      int key = varint(in);
      int length = varint(in);
      if ((key & 7) != 2 || length < 0 || length > in.remaining()) {
        throw new IllegalArgumentException("malformed protobuf");
      }
      byte[] bytes = new byte[length];
      in.get(bytes);
      fields.put(key >>> 3, new String(bytes, StandardCharsets.UTF_8));
    }
    return fields;
  }

  static int varint(ByteBuffer in) {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte next = in.get();
      value |= (next & 127) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("malformed varint");
  }
}
