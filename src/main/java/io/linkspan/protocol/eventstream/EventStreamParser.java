package io.linkspan.protocol.eventstream;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/**
 * Parses an event stream (WHATWG HTML, section 9.2.6) that arrives in pieces.
 *
 * <p>A line ends with CR LF, LF or CR, and a blank line dispatches an event. Bytes that are not
 * UTF-8 are replaced, as the standard requires; line ends are never part of a longer sequence, so
 * each line is decoded by itself. The field {@code retry} is ignored: the reader does not
 * reconnect.
 */
public final class EventStreamParser {

  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final int CR = '\r';
  private static final int LF = '\n';

  private final int limit;

  /** Bytes that are not parsed yet, from {@link #at} on. */
  private Buffer input = Buffer.buffer();

  private int at;

  /** Where the search for the end of the current line goes on. */
  private int scanned;

  private boolean firstLine = true;

  /** Whether the last line ended with a CR, which a LF may follow. */
  private boolean afterCr;

  private final StringBuilder data = new StringBuilder();
  private String type = "";
  private String lastId = "";

  /** Bytes of the last line, without its end. */
  private int lineLength;

  /** Bytes of the lines of the current event. */
  private long size;

  /**
   * @param limit most bytes of one event, with the names of its fields
   */
  public EventStreamParser(int limit) {
    this.limit = limit;
  }

  /** Adds a piece of the stream. */
  public void feed(Buffer piece) {
    if (at > input.length() / 2 || at == input.length()) {
      input = input.getBuffer(at, input.length());
      scanned -= at;
      at = 0;
    }
    input.appendBuffer(piece);
  }

  /**
   * Returns the next event; null when more bytes are needed. An event that the end of the stream
   * leaves incomplete is discarded.
   *
   * @throws ProtocolException when the event is longer than the limit
   */
  public ServerEvent poll() {
    for (String line; (line = nextLine()) != null; ) {
      if (!line.isEmpty()) {
        readField(line);
        continue;
      }
      ServerEvent event = dispatch();
      if (event != null) {
        return event;
      }
    }
    return null;
  }

  private String nextLine() {
    if (afterCr && at < input.length()) {
      afterCr = false;
      if (input.getByte(at) == LF) {
        at++;
        scanned = at;
      }
    }
    while (scanned < input.length()) {
      byte octet = input.getByte(scanned);
      if (octet == LF || octet == CR) {
        String line = input.getString(at, scanned, StandardCharsets.UTF_8.name());
        lineLength = scanned - at;
        afterCr = octet == CR;
        at = ++scanned;
        return withoutMark(line);
      }
      scanned++;
    }
    check(size + input.length() - at);
    return null;
  }

  private void check(long length) {
    if (length > limit) {
      throw new ProtocolException("an event is longer than " + limit + " bytes");
    }
  }

  private String withoutMark(String line) {
    boolean marked = firstLine && !line.isEmpty() && line.charAt(0) == BYTE_ORDER_MARK;
    firstLine = false;
    return marked ? line.substring(1) : line;
  }

  private void readField(String line) {
    int colon = line.indexOf(':');
    if (colon == 0) {
      // A comment, which keeps the connection alive and is not part of an event.
      return;
    }
    size += lineLength;
    check(size);
    String name = colon < 0 ? line : line.substring(0, colon);
    int start = colon < 0 ? line.length() : colon + 1;
    if (start < line.length() && line.charAt(start) == ' ') {
      start++;
    }
    String value = line.substring(start);
    switch (name) {
      case "event" -> type = value;
      case "data" -> data.append(value).append('\n');
      case "id" -> {
        if (value.indexOf('\0') < 0) {
          lastId = value;
        }
      }
      default -> {
        // Unknown fields are ignored.
      }
    }
  }

  private ServerEvent dispatch() {
    size = 0;
    ServerEvent event =
        data.isEmpty() ? null : new ServerEvent(type, data.substring(0, data.length() - 1), lastId);
    data.setLength(0);
    type = "";
    return event;
  }
}
