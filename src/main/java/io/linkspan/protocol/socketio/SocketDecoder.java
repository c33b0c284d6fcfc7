package io.linkspan.protocol.socketio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.engineio.EnginePacket;
import io.linkspan.protocol.engineio.Generation;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the packets of one client from its messages, which come in order.
 *
 * <pre>
 *   type · [ attachments "-" ] · [ namespace "," ] · [ ack id ] · [ JSON ]
 *   5      1-                    /admin,             12           ["x",{"_placeholder":true,"num":0}]
 * </pre>
 */
public final class SocketDecoder {
  /** Characters of a namespace's name. */
  static final int MAX_NAMESPACE_LENGTH = 256;

  private static final int MAX_QUERY_LENGTH = 8_192;
  private static final int MAX_ID_DIGITS = 16;
  private static final int MAX_COUNT_DIGITS = 2;

  private final Generation generation;
  private final int maxBytes;

  private SocketPacket incomplete;
  private int missing;
  private int bytes;
  private List<Buffer> attachments = List.of();

  /**
   * A decoder at the beginning of a connection.
   *
   * @param maxBytes what the attachments of one packet may amount to
   */
  public SocketDecoder(Generation generation, int maxBytes) {
    this.generation = generation;
    this.maxBytes = maxBytes;
  }

  /** Whether attachments are still to come. */
  public boolean isIncomplete() {
    return incomplete != null;
  }

  /**
   * Takes the next message.
   *
   * @return the packet it completes, or null when attachments are still to come
   * @throws ProtocolException if it is not a packet, or not the expected one
   */
  public SocketPacket decode(EnginePacket message) {
    return message.isBinary() ? attachment(message.data()) : text(message.encoded());
  }

  private SocketPacket attachment(Buffer data) {
    if (incomplete == null) {
      throw new ProtocolException("attachment without a packet");
    }
    if (data.length() > maxBytes - bytes) {
      throw new LimitException("attachments over the limit");
    }
    bytes += data.length();
    attachments.add(data);
    if (attachments.size() < missing) {
      return null;
    }
    SocketPacket complete = incomplete.with(List.copyOf(attachments));
    incomplete = null;
    attachments = List.of();
    return complete;
  }

  private SocketPacket text(String text) {
    if (incomplete != null) {
      throw new ProtocolException("text where an attachment was to come");
    }
    // The first character is Engine.IO's.
    int at = 1;
    char type = at < text.length() ? text.charAt(at++) : 0;
    int count = 0;
    if (type == '5' || type == '6') {
      int dash = text.indexOf('-', at);
      count = count(text, at, dash);
      at = dash + 1;
    }
    String namespace = "/";
    String query = null;
    if (at < text.length() && text.charAt(at) == '/') {
      int comma = text.indexOf(',', at);
      int end = comma < 0 ? text.length() : comma;
      int mark = generation == Generation.V3 ? text.indexOf('?', at) : -1;
      int nameEnd = mark >= 0 && mark < end ? mark : end;
      if (nameEnd - at > MAX_NAMESPACE_LENGTH || end - nameEnd > MAX_QUERY_LENGTH) {
        throw new ProtocolException("namespace too long");
      }
      namespace = nameEnd - at == 1 ? "/" : text.substring(at, nameEnd);
      query = nameEnd < end ? text.substring(nameEnd + 1, end) : null;
      at = comma < 0 ? end : comma + 1;
    }
    long id = SocketPacket.NO_ACK;
    int digits = at;
    for (; at < text.length() && isDigit(text.charAt(at)); at++) {
      if (at - digits >= MAX_ID_DIGITS) {
        throw new ProtocolException("ack id too long");
      }
      id = (at == digits ? 0 : id * 10) + (text.charAt(at) - '0');
    }
    if (id > SocketPacket.MAX_ACK_ID) {
      throw new ProtocolException("ack id too large");
    }
    return switch (type) {
      case '0' -> new SocketPacket.Connect(namespace, query, auth(text, at));
      case '1' -> disconnect(namespace, text, at);
      case '2', '5' -> expecting(count, event(namespace, id, text, at, count));
      case '3', '6' -> expecting(count, ack(namespace, id, text, at, count));
      case '4' -> connectError(namespace, text, at);
      default -> throw new ProtocolException("packet of unknown type");
    };
  }

  private static int count(String text, int start, int dash) {
    if (dash <= start || dash - start > MAX_COUNT_DIGITS) {
      throw new ProtocolException("bad number of attachments");
    }
    int count = 0;
    for (int i = start; i < dash; i++) {
      if (!isDigit(text.charAt(i))) {
        throw new ProtocolException("bad number of attachments");
      }
      count = count * 10 + text.charAt(i) - '0';
    }
    if (count < 1) {
      throw new ProtocolException("bad number of attachments");
    }
    if (count > Arguments.MAX_ATTACHMENTS) {
      throw new LimitException("more than " + Arguments.MAX_ATTACHMENTS + " attachments");
    }
    return count;
  }

  private SocketPacket expecting(int count, SocketPacket packet) {
    if (count == 0) {
      return packet;
    }
    incomplete = packet;
    missing = count;
    bytes = 0;
    attachments = new ArrayList<>(count);
    return null;
  }

  private String auth(String text, int at) {
    if (at == text.length()) {
      return null;
    }
    var scanner = new JsonScanner(text, at, 0);
    char first = scanner.peek();
    scanner.value();
    scanner.end();
    if (generation == Generation.V3) {
      // Old clients have nothing to say here, and are forgiven if they do.
      return null;
    }
    if (first != '{') {
      throw new ProtocolException("CONNECT payload is not an object");
    }
    return text.substring(at);
  }

  private static SocketPacket disconnect(String namespace, String text, int at) {
    if (at < text.length()) {
      throw new ProtocolException("DISCONNECT with a payload");
    }
    return new SocketPacket.Disconnect(namespace);
  }

  private static SocketPacket event(
      String namespace, long id, String text, int at, int attachments) {
    var scanner = new JsonScanner(text, at, attachments);
    scanner.expect('[');
    boolean quoted = scanner.peek() == '"';
    int nameStart = scanner.position();
    if (quoted) {
      scanner.string();
    } else {
      scanner.number();
    }
    int nameEnd = scanner.position();
    String name =
        quoted
            ? JsonScanner.unescape(text, nameStart + 1, nameEnd - 1)
            : text.substring(nameStart, nameEnd);
    if (EventNames.isReserved(name)) {
      throw new ProtocolException("reserved event name");
    }
    Arguments arguments = Arguments.NONE;
    if (scanner.peek() == ',') {
      scanner.expect(',');
      int rest = scanner.position();
      scanner.restOfArray();
      arguments = new Arguments("[".concat(text.substring(rest, scanner.position())), List.of());
    } else {
      scanner.expect(']');
    }
    scanner.end();
    return new SocketPacket.Event(namespace, id, name, arguments);
  }

  private static SocketPacket ack(String namespace, long id, String text, int at, int attachments) {
    if (id == SocketPacket.NO_ACK) {
      throw new ProtocolException("ACK without an id");
    }
    var scanner = new JsonScanner(text, at, attachments);
    if (scanner.peek() != '[') {
      throw new ProtocolException("ACK payload is not an array");
    }
    int start = scanner.position();
    scanner.value();
    var arguments = new Arguments(text.substring(start, scanner.position()), List.of());
    scanner.end();
    return new SocketPacket.Ack(namespace, id, arguments);
  }

  private static SocketPacket connectError(String namespace, String text, int at) {
    var scanner = new JsonScanner(text, at, 0);
    char first = scanner.peek();
    if (first != '{' && first != '"') {
      throw new ProtocolException("error payload is neither object nor string");
    }
    scanner.value();
    scanner.end();
    return new SocketPacket.ConnectError(namespace);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
