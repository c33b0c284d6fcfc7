package io.linkspan.trace;

import com.google.protobuf.ByteString;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.time.Scheduler;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Describes the frames of one client for those who watch it. Exists only while somebody does. Used
 * only on the event loop of the session's shard.
 */
public final class ClientTrace {

  /** Direction of a frame, as the gateway sees it. */
  public enum Direction {
    IN("in"),
    OUT("out");

    private final String label;

    Direction(String label) {
      this.label = label;
    }
  }

  /**
   * The client.
   *
   * @param transport null when its session never had a link here
   * @param secret of its session, which is not shown; null when it has none
   */
  record Client(String session, String user, String transport, String secret) {}

  private static final int LONGEST_NAME = 256;
  private static final int MAX_HEADERS = 32;

  private final Client client;
  private final String node;
  private final int payload;
  private final Scheduler scheduler;
  private final List<Watch> watches;

  /**
   * Creates the trace of a client.
   *
   * @param payload bytes of a payload that are shown
   * @param watches those that select the client, at least one
   */
  ClientTrace(Client client, String node, int payload, Scheduler scheduler, List<Watch> watches) {
    this.client = client;
    this.node = node;
    this.payload = payload;
    this.scheduler = scheduler;
    this.watches = watches;
  }

  /** The client sent a Message. */
  public void received(Message message) {
    add(message, Direction.IN);
  }

  /** A Message was written to the client. */
  public void sent(Message message) {
    add(message, Direction.OUT);
  }

  /**
   * An acknowledgement was received or written.
   *
   * @param reply the answer that it carried, or null
   */
  public void acknowledgement(Direction direction, String eventId, Message reply) {
    if (isWatched(eventId)) {
      JsonObject frame = frame(direction, "ack").put("eventId", cut(eventId));
      if (reply != null) {
        frame.put("size", reply.getSerializedSize());
        putPayload(frame, reply);
      }
      add(frame, eventId);
    }
  }

  /** An error was written to the client, about a Message that it sent. */
  public void error(String eventId, MessageException why) {
    if (isWatched(eventId)) {
      ErrorCode code = why.code();
      add(
          frame(Direction.OUT, "error")
              .put("eventId", cut(eventId))
              .put("code", code.code())
              .put("reason", why.getMessage()),
          eventId);
    }
  }

  /** A sign of life was received or written. */
  public void heartbeat(Direction direction) {
    event(direction, "heartbeat", null);
  }

  /** A watch has found the client here, linked or away. */
  void present(Watch watch) {
    if (watches.contains(watch) && selects(watch, null)) {
      watch.add(frame(Direction.IN, "present").encode());
    }
  }

  /**
   * The client is linked.
   *
   * @param recovered whether it has resumed its session
   */
  public void opened(boolean recovered) {
    event(Direction.IN, recovered ? "resume" : "open", null);
  }

  /** The link has ended. */
  public void closed(CloseReason reason) {
    boolean byClient = reason == CloseReason.NORMAL || reason == CloseReason.CONNECTION_LOST;
    event(byClient ? Direction.IN : Direction.OUT, "close", reason.label());
  }

  /**
   * The session has left the shard.
   *
   * @param reason how, such as {@code moved}
   */
  public void ended(String reason) {
    event(Direction.OUT, "end", reason);
  }

  private void event(Direction direction, String kind, String reason) {
    if (isWatched(null)) {
      JsonObject frame = frame(direction, kind);
      if (reason != null) {
        frame.put("reason", reason);
      }
      add(frame, null);
    }
  }

  private void add(Message message, Direction direction) {
    String json = null;
    for (Watch watch : watches) {
      if (watch.filter().selects(message)) {
        if (json == null) {
          json = describe(message, direction).encode();
        }
        watch.add(json);
      }
    }
  }

  private void add(JsonObject frame, String eventId) {
    String json = frame.encode();
    for (Watch watch : watches) {
      if (selects(watch, eventId)) {
        watch.add(json);
      }
    }
  }

  private boolean isWatched(String eventId) {
    for (Watch watch : watches) {
      if (selects(watch, eventId)) {
        return true;
      }
    }
    return false;
  }

  private static boolean selects(Watch watch, String eventId) {
    return eventId == null ? !watch.filter().isByEventId() : watch.filter().selectsEventId(eventId);
  }

  private JsonObject frame(Direction direction, String kind) {
    return new JsonObject()
        .put("time", Instant.ofEpochMilli(scheduler.wallTime()).toString())
        .put("node", node)
        .put("session", client.session())
        .put("user", client.user())
        .put("transport", client.transport())
        .put("direction", direction.label)
        .put("kind", kind);
  }

  private JsonObject describe(Message message, Direction direction) {
    JsonObject frame = frame(direction, kindOf(message.getType()));
    put(frame, "type", message.getType());
    put(frame, "eventId", message.getEventId());
    put(frame, "from", message.getFrom());
    put(frame, "to", message.getTo());
    put(frame, "replyTo", message.getReplyTo());
    put(frame, "contentType", message.getContentType());
    frame.put("size", message.getSerializedSize());
    if (message.getHeadersCount() > 0) {
      frame.put("headers", headersOf(message));
    }
    putPayload(frame, message);
    return frame;
  }

  private static String kindOf(String type) {
    return switch (type) {
      case "join_group" -> "join";
      case "leave_group" -> "leave";
      case "auth", "session", "error" -> type;
      case "closing" -> "close";
      default -> "message";
    };
  }

  private static void put(JsonObject frame, String name, String value) {
    if (!value.isEmpty()) {
      frame.put(name, cut(value));
    }
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME) + '…';
  }

  private JsonObject headersOf(Message message) {
    JsonObject headers = new JsonObject();
    for (Map.Entry<String, String> header : message.getHeadersMap().entrySet()) {
      if (headers.size() == MAX_HEADERS) {
        headers.put("…", message.getHeadersCount() - MAX_HEADERS + " more");
        break;
      }
      headers.put(
          cut(header.getKey()),
          Redactor.isCredential(header.getKey())
              ? Redactor.REDACTED
              : Redactor.text(cut(header.getValue()), client.secret()));
    }
    return headers;
  }

  private void putPayload(JsonObject frame, Message message) {
    if (Redactor.isCredential(message)) {
      frame.put("payload", Redactor.REDACTED);
    } else if (!message.getBody().isEmpty()) {
      String body = message.getBody();
      String shown = beginning(body);
      frame.put("payload", Redactor.text(shown, client.secret()));
      putTruncated(frame, shown.length() < body.length());
    } else if (message.getAttachmentsCount() > 0) {
      ByteString bytes = message.getAttachments(0);
      ByteString shown = bytes.substring(0, Math.min(payload, bytes.size()));
      frame
          .put("encoding", "base64")
          .put(
              "payload",
              Base64.getEncoder()
                  .encodeToString(Redactor.bytes(shown, client.secret()).toByteArray()));
      putTruncated(frame, shown.size() < bytes.size());
    }
    if (message.getAttachmentsCount() > 0) {
      frame.put("attachments", message.getAttachmentsCount());
    }
  }

  private static void putTruncated(JsonObject frame, boolean truncated) {
    if (truncated) {
      frame.put("truncated", true);
    }
  }

  /** Returns as many characters as take up the bytes that may be shown, none of them cut. */
  private String beginning(String body) {
    if ((long) body.length() * 3 <= payload) {
      return body;
    }
    String bounded = body.substring(0, Math.min(body.length(), payload));
    ByteBuffer bytes = ByteBuffer.allocate(payload);
    var characters = java.nio.CharBuffer.wrap(bounded);
    StandardCharsets.UTF_8.newEncoder().encode(characters, bytes, true);
    return bounded.substring(0, characters.position());
  }
}
