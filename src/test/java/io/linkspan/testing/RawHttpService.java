package io.linkspan.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP service that answers with exactly the bytes that a test chooses. */
public final class RawHttpService implements AutoCloseable {

  /**
   * One request.
   *
   * @param line such as {@code POST / HTTP/1.1}
   * @param fields the header section, in lower case, each field on a line of its own
   * @param number of the request on this service, from 1
   */
  public record Request(String line, String fields, String body, int number, RawTcp connection) {

    /** Returns the first value of a field; empty when there is none. */
    public String field(String name) {
      for (String field : fields.split("\n", -1)) {
        if (field.startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
          return field.substring(name.length() + 1).strip();
        }
      }
      return "";
    }
  }

  /** Answers a request on its connection. */
  public interface Handler {
    void handle(Request request) throws IOException;
  }

  private final TcpService server = TcpService.start();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private volatile Handler handler;

  /** Starts a service that answers 204 until it is told otherwise. */
  public RawHttpService() {
    answer("HTTP/1.1 204 No Content\r\n\r\n");
    daemon(
        () -> {
          for (RawTcp link; (link = server.acceptUnlessClosed()) != null; ) {
            RawTcp accepted = link;
            connections.incrementAndGet();
            daemon(() -> serve(accepted), "connection");
          }
        },
        "raw http service");
  }

  public int port() {
    return server.port();
  }

  /** Returns how many requests were read. */
  public int requests() {
    return requests.get();
  }

  /** Returns how many connections were accepted. */
  public int connections() {
    return connections.get();
  }

  /** Sets what happens to each request from now on. */
  public void on(Handler next) {
    handler = next;
  }

  /** Answers each request with these characters, as ISO-8859-1. */
  public void answer(String response) {
    on(request -> request.connection().send(response.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Override
  public void close() {
    server.close();
  }

  private void serve(RawTcp connection) {
    try (connection) {
      while (true) {
        String head = connection.readUntil("\r\n\r\n");
        int end = head.indexOf("\r\n");
        String fields = head.substring(end + 2).replace("\r\n", "\n").toLowerCase(Locale.ROOT);
        var request =
            new Request(head.substring(0, end), fields, "", requests.incrementAndGet(), connection);
        byte[] body = connection.read(Integer.parseInt(request.field("Content-Length")));
        handler.handle(
            new Request(
                request.line(),
                fields,
                new String(body, StandardCharsets.UTF_8),
                request.number(),
                connection));
      }
    } catch (IOException | UncheckedIOException | AssertionError e) {
      // The gateway closed the connection.
    }
  }

  private static void daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }
}
