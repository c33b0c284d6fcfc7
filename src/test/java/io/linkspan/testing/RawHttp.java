package io.linkspan.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Sends one HTTP request on a TCP connection of its own, byte by byte as the test wants, so that
 * requests of one client reach different event loops. Blocking.
 */
public final class RawHttp implements AutoCloseable {

  /** An answer, read to its end. */
  public record Response(int status, String head, String body) {

    /** Returns the value of a header, or null. */
    public String header(String name) {
      for (String line : head.split("\r\n", -1)) {
        if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
          return line.substring(name.length() + 1).strip();
        }
      }
      return null;
    }
  }

  private final Socket socket;

  private RawHttp(Socket socket) {
    this.socket = socket;
  }

  /** Sends a request without a body. */
  public static RawHttp get(int port, String target, String... headers) {
    return open(port, "GET", target, headers).send("\r\n");
  }

  /** Sends a request with a body. */
  public static RawHttp post(int port, String target, String body, String... headers) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return open(port, "POST", target, headers)
        .send("Content-Length: " + bytes.length + "\r\n\r\n")
        .send(body);
  }

  /** Sends the request line and these headers; more may follow. */
  public static RawHttp open(int port, String method, String target, String... headers) {
    try {
      Socket socket = new Socket("127.0.0.1", port);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Patience.MILLIS);
      var head = new StringBuilder(method).append(' ').append(target).append(" HTTP/1.1\r\n");
      head.append("Host: 127.0.0.1:").append(port).append("\r\n");
      for (String header : headers) {
        head.append(header).append("\r\n");
      }
      return new RawHttp(socket).send(head.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends more of the request. */
  public RawHttp send(String bytes) {
    try {
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads an interim answer, which has no body. */
  public String interim() {
    try {
      return readHead();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the answer, which must state its length, and closes the connection. */
  public Response response() {
    try (this) {
      return next();
    }
  }

  /** Reads one answer, which must state its length; more may follow on the connection. */
  public Response next() {
    try {
      String text = readHead();
      var empty = new Response(Integer.parseInt(text.substring(9, 12)), text, "");
      String length = empty.header("content-length");
      byte[] body =
          socket.getInputStream().readNBytes(length == null ? 0 : Integer.parseInt(length));
      return new Response(empty.status(), text, new String(body, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the body of one answer, which must state its length. */
  public byte[] nextBytes() {
    try {
      String head = readHead();
      int length = Integer.parseInt(new Response(0, head, "").header("content-length"));
      return socket.getInputStream().readNBytes(length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads until the other side closes the connection in order. */
  public void awaitEnd() {
    try {
      socket.getInputStream().readAllBytes();
    } catch (IOException e) {
      throw new AssertionError("not ended in order", e);
    }
  }

  private String readHead() throws IOException {
    var head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new AssertionError("the connection ended after: " + head);
      }
      head.write(next);
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  /** Closes the connection at once. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
