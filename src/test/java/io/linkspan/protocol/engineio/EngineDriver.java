package io.linkspan.protocol.engineio;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A shell without sockets: handles are names, time is a field, and what the session writes is a
 * transcript such as {@code "get1 200 4hello"}, {@code "ws 4hello"}, {@code "ws <0102>"}, {@code
 * "ws close"}.
 */
public final class EngineDriver {
  public final EngineSession<String, String> session;
  public final List<EngineEvent> events = new ArrayList<>();
  public long now = 10_000;

  private final List<String> writes = new ArrayList<>();
  private final String query;

  private EngineDriver(EngineConfig config, String query, boolean webSocket) {
    this.query = query;
    EngineRequest request = request(query, webSocket);
    session =
        webSocket
            ? EngineSession.overWebSocket(config, request, "S", "ws", now)
            : EngineSession.overPolling(config, request, "S", "get0", now);
  }

  public static EngineDriver polling(EngineConfig config, String query) {
    var driver = new EngineDriver(config, query, false);
    driver.written();
    return driver;
  }

  public static EngineDriver webSocket(EngineConfig config, String query) {
    var driver = new EngineDriver(config, query, true);
    driver.written();
    return driver;
  }

  static EngineDriver polling(String query) {
    return polling(EngineConfigs.QUICK, query);
  }

  static EngineDriver webSocket(String query) {
    return webSocket(EngineConfigs.QUICK, query);
  }

  private static EngineRequest request(String query, boolean upgrade) {
    return EngineRequest.of("GET", upgrade, FormFields.decode(query));
  }

  public List<String> get(String exchange) {
    session.pollArrived(exchange, request(query, false), now);
    return written();
  }

  public List<String> post(String exchange, String body) {
    return post(exchange, "text/plain;charset=UTF-8", Buffer.buffer(body));
  }

  List<String> post(String exchange, String contentType, Buffer body) {
    start(exchange, contentType, -1);
    session.postChunk(exchange, body);
    session.postEnded(exchange, now);
    return written();
  }

  List<String> start(String exchange, String contentType, long length) {
    session.postStarted(exchange, request(query, false), contentType, length, now);
    return List.copyOf(writes);
  }

  List<String> abort(String exchange) {
    session.exchangeAborted(exchange, now);
    return written();
  }

  List<String> release(String exchange) {
    session.release(exchange);
    return written();
  }

  public List<String> open(String socket) {
    return open(socket, query);
  }

  List<String> open(String socket, String socketQuery) {
    session.webSocketOpened(socket, request(socketQuery, true), now);
    return written();
  }

  public List<String> text(String socket, String text) {
    session.webSocket().text(socket, text, now);
    return written();
  }

  public List<String> binary(String socket, String hex) {
    session.webSocket().binary(socket, Buffer.buffer(HexFormat.of().parseHex(hex)), now);
    return written();
  }

  List<String> lost(String socket) {
    session.webSocket().closed(socket);
    return written();
  }

  List<String> send(String... messages) {
    for (String message : messages) {
      session.send(EnginePacket.message(message));
    }
    return written();
  }

  List<String> sendBinary(String hex) {
    session.send(EnginePacket.message(Buffer.buffer(HexFormat.of().parseHex(hex))));
    return written();
  }

  public List<String> close(EngineCloseReason reason) {
    session.close(reason, "", now);
    return written();
  }

  /** Lets time pass as a shell's timer would: from deadline to deadline. */
  public List<String> pass(long milliseconds) {
    long end = now + milliseconds;
    List<String> all = new ArrayList<>();
    while (session.nextDeadline() <= end) {
      long due = session.nextDeadline();
      if (due < now) {
        throw new AssertionError("deadline in the past");
      }
      now = due;
      session.advanceTo(now);
      all.addAll(written());
      if (session.nextDeadline() <= due) {
        throw new AssertionError("deadline does not move on");
      }
    }
    now = end;
    return all;
  }

  /** Returns the output since the last call. */
  public List<String> written() {
    for (EngineEvent event; (event = session.pollEvent()) != null; ) {
      events.add(event);
    }
    return drainWrites();
  }

  /** As {@link #written}, with the events left to somebody above. */
  public List<String> drainWrites() {
    for (EngineWrite<String, String> write; (write = session.pollWrite()) != null; ) {
      writes.add(describe(write));
    }
    List<String> all = List.copyOf(writes);
    writes.clear();
    return all;
  }

  private static String describe(EngineWrite<String, String> write) {
    if (write instanceof EngineWrite.Respond<String, String> respond) {
      boolean binary = "application/octet-stream".equals(respond.contentType());
      String body = binary ? hex(respond.body()) : respond.body().toString();
      return (respond.exchange() + " " + respond.status() + " " + body).strip();
    }
    if (write instanceof EngineWrite.Abandon<String, String> abandon) {
      return abandon.exchange() + " cut";
    }
    if (write instanceof EngineWrite.SendText<String, String> text) {
      return text.socket() + " " + text.text();
    }
    if (write instanceof EngineWrite.SendBinary<String, String> binary) {
      return binary.socket() + " " + hex(binary.data());
    }
    var close = (EngineWrite.CloseSocket<String, String>) write;
    boolean coded = close.code() != EngineCloseReason.NO_CODE;
    return close.socket() + " close" + (coded ? " " + close.code() : "");
  }

  private static String hex(Buffer bytes) {
    return "<" + HexFormat.of().formatHex(bytes.getBytes()) + ">";
  }

  /** The messages received, text as it is and binary in hexadecimal. */
  List<String> messages() {
    return events.stream()
        .filter(EnginePacket.class::isInstance)
        .map(EnginePacket.class::cast)
        .map(packet -> packet.isBinary() ? hex(packet.data()) : packet.text())
        .toList();
  }

  /** Why the session ended, or null while it has not. */
  EngineCloseReason ended() {
    List<EngineEvent.Closed> ends =
        events.stream()
            .filter(EngineEvent.Closed.class::isInstance)
            .map(EngineEvent.Closed.class::cast)
            .toList();
    if (ends.size() > 1 || (ends.size() == 1 && events.indexOf(ends.get(0)) < events.size() - 1)) {
      throw new AssertionError("the end is not the last event: " + events);
    }
    return ends.isEmpty() ? null : ends.get(0).reason();
  }
}
