package io.linkspan.translate;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.Arguments;
import io.linkspan.protocol.socketio.EncodedPacket;
import io.linkspan.protocol.socketio.EventNames;
import io.linkspan.protocol.socketio.SocketPacket;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Converts Socket.IO events to Messages and back without loss.
 *
 * <pre>
 *   emit("message", {type, body, …})    a Message, its keys those of the schema
 *   emit("join_group", "news")          type join_group, body news
 *   emit("name", a, b)                  a raw event: type name, contentType
 *                                       application/socket.io+json, body [a,b]
 * </pre>
 *
 * <p>Binary arguments are attachments, and stay as placeholders in the body of a raw event. The
 * header {@value #NAMESPACE} names the namespace of an event; without it, it is the main one.
 */
public final class SocketIoTranslator {

  /** Content type of a raw event: the body is the JSON array of its arguments. */
  public static final String RAW = "application/socket.io+json";

  /** Header with the namespace, if it is not the main one. */
  public static final String NAMESPACE = "namespace";

  /** Name of the main namespace. */
  public static final String ROOT = "/";

  /** Type of the Message that reports a client in a namespace; no client can send it. */
  public static final String CONNECT = "connect";

  private static final String ANCHOR_EVENT = "~";
  private static final String MESSAGE_EVENT = "message";
  private static final String JOIN = "join_group";
  private static final String LEAVE = "leave_group";
  private static final String WATCH = "watch_presence";
  private static final String UNWATCH = "unwatch_presence";

  /** Type of the data of a client's acknowledgement, unless that is a Message. */
  private static final String REPLY = "reply";

  /** A Message encoded for Socket.IO, independent of namespace and acknowledgement id. */
  public record Emission(String namespace, String name, Arguments arguments) {

    /** Returns the packet for the client in a namespace. */
    public EncodedPacket packet(String actualNamespace, long ackId) {
      return EncodedPacket.event(actualNamespace, ackId, name, arguments);
    }

    /** Returns the packet with its offset, for a client that can recover. */
    public EncodedPacket packet(String actualNamespace, String offset) {
      return EncodedPacket.event(actualNamespace, SocketPacket.NO_ACK, name, arguments, offset);
    }
  }

  /** Event that carries an offset only; applications do not listen to its name. */
  public static EncodedPacket anchor(String namespace, String offset) {
    return new Emission(namespace, ANCHOR_EVENT, Arguments.of(new JsonArray()))
        .packet(namespace, offset);
  }

  private SocketIoTranslator() {}

  /**
   * Reads an event.
   *
   * @throws ProtocolException when it is a {@code message} or a request about groups that cannot be
   *     read; the message says why
   */
  public static Message decode(SocketPacket.Event event) {
    if (event.name().isEmpty()) {
      throw new ProtocolException("an event needs a name");
    }
    requireText("the event's name", event.name());
    Message.Builder message = Message.newBuilder();
    switch (event.name()) {
      case MESSAGE_EVENT -> {
        Map<?, ?> object = messageIn(event.arguments());
        if (object == null) {
          raw(event.name(), event.arguments(), message);
        } else {
          read(object, message);
        }
      }
      case JOIN, LEAVE, WATCH, UNWATCH -> message.setType(event.name()).setBody(groups(event));
      default -> raw(event.name(), event.arguments(), message);
    }
    if (!event.namespace().equals(ROOT) && !message.containsHeaders(NAMESPACE)) {
      requireText(NAMESPACE, event.namespace());
      message.putHeaders(NAMESPACE, event.namespace());
    }
    return message.build();
  }

  /** Reports to services that a client has joined a namespace, with its unchanged credentials. */
  public static Message connect(String namespace, String auth) {
    Message.Builder message =
        Message.newBuilder().setType(CONNECT).setContentType(RAW).setBody('[' + auth + ']');
    if (!namespace.equals(ROOT)) {
      message.putHeaders(NAMESPACE, namespace);
    }
    return message.build();
  }

  /**
   * Reads the data of a client's acknowledgement.
   *
   * @param from the client's user, which overrides the one in the data
   * @return null when there is no data
   */
  public static Message decodeReply(Arguments arguments, String from, String replyTo) {
    if (arguments.attachments().isEmpty() && arguments.json().strip().equals("[]")) {
      return null;
    }
    Message.Builder reply = Message.newBuilder();
    Map<?, ?> object = messageIn(arguments);
    if (object == null || !readLeniently(object, reply)) {
      raw(REPLY, arguments, reply.clear());
    }
    return reply.setFrom(from).setReplyTo(replyTo).build();
  }

  /** Writes the Message as an event for clients of the generation. */
  public static Emission encode(Message message, Generation generation) {
    String named = Headers.get(message, NAMESPACE);
    String namespace = named == null ? ROOT : named;
    if (message.getContentType().equals(RAW)
        && !message.getType().isEmpty()
        && EventNames.mayEmit(message.getType(), generation)) {
      Arguments arguments = rawArguments(message);
      if (arguments != null) {
        return new Emission(namespace, message.getType(), arguments);
      }
    }
    return new Emission(namespace, MESSAGE_EVENT, write(message));
  }

  /** Returns whether a service's answer becomes the arguments of an acknowledgement. */
  public static Arguments rawArguments(Message message) {
    if (!message.getContentType().equals(RAW)) {
      return null;
    }
    try {
      return Arguments.parse(message.getBody(), attachments(message));
    } catch (ProtocolException e) {
      // The sender was not a Socket.IO client; the Message is delivered unchanged.
      return null;
    }
  }

  /** Writes the acknowledgement of an accepted event: {@code {"eventId":…}}. */
  public static Arguments accepted(String eventId) {
    return Arguments.ofObject(List.of("eventId", eventId));
  }

  /** Writes the acknowledgement of a refused event: {@code {"error":{"code","message",…}}}. */
  public static Arguments refused(MessageException why) {
    return Arguments.of(JsonArray.of(new JsonObject().put("error", ErrorTranslator.toJson(why))));
  }

  /** Writes the event that gives a client the reason for the end of its connection. */
  public static EncodedPacket closing(String namespace, JsonObject why) {
    return EncodedPacket.event(
        namespace, SocketPacket.NO_ACK, ReservedTypes.CLOSING, Arguments.of(JsonArray.of(why)));
  }

  private static void raw(String name, Arguments arguments, Message.Builder message) {
    message.setType(name).setContentType(RAW).setBody(arguments.json());
    for (Buffer attachment : arguments.attachments()) {
      message.addAttachments(UnsafeByteOperations.unsafeWrap(attachment.getBytes()));
    }
  }

  /**
   * Returns the only argument if it is a Message, else null. As a bare map: the accessors of {@link
   * JsonObject} would turn binary into text.
   */
  private static Map<?, ?> messageIn(Arguments arguments) {
    if (!arguments.beginWithObject()) {
      return null;
    }
    List<?> values = arguments.values().getList();
    if (values.size() != 1 || !(values.get(0) instanceof Map<?, ?> object)) {
      return null;
    }
    return object.get("body") instanceof String || object.get("type") instanceof String
        ? object
        : null;
  }

  private static boolean readLeniently(Map<?, ?> object, Message.Builder message) {
    try {
      read(object, message);
      return true;
    } catch (ProtocolException e) {
      // An acknowledgement cannot be refused.
      return false;
    }
  }

  private static void read(Map<?, ?> object, Message.Builder message) {
    for (Map.Entry<?, ?> entry : object.entrySet()) {
      String key = (String) entry.getKey();
      Object value = entry.getValue();
      switch (key) {
        case "eventId" -> text(key, value, message::setEventId);
        case "from" -> text(key, value, message::setFrom);
        case "to" -> text(key, value, message::setTo);
        case "createAt" -> text(key, value, message::setCreateAt);
        case "type" -> text(key, value, message::setType);
        case "body" -> text(key, value, message::setBody);
        case "contentType" -> text(key, value, message::setContentType);
        case "replyTo" -> text(key, value, message::setReplyTo);
        case "attachments" -> readAttachments(value, message);
        case "headers" -> readHeaders(value, message);
        default -> throw new ProtocolException("a message has no key " + shown(key));
      }
    }
  }

  /** Reads a text. As in protobuf's JSON mapping, null counts as absent. */
  private static void text(String key, Object value, Consumer<String> setter) {
    if (value == null) {
      return;
    }
    if (!(value instanceof String text)) {
      throw new ProtocolException(key + " must be a string");
    }
    requireText(key, text);
    setter.accept(text);
  }

  private static void readAttachments(Object value, Message.Builder message) {
    if (value == null) {
      return;
    }
    if (!(value instanceof List<?> array)) {
      throw new ProtocolException("attachments must be an array");
    }
    for (Object attachment : array) {
      message.addAttachments(readAttachment(attachment));
    }
  }

  private static ByteString readAttachment(Object attachment) {
    if (attachment instanceof Buffer buffer) {
      return UnsafeByteOperations.unsafeWrap(buffer.getBytes());
    }
    try {
      if (attachment instanceof String base64) {
        return UnsafeByteOperations.unsafeWrap(Base64.getDecoder().decode(base64));
      }
    } catch (IllegalArgumentException e) {
      throw new ProtocolException("an attachment that is a string must be base64");
    }
    throw new ProtocolException("an attachment must be binary, or base64");
  }

  private static void readHeaders(Object value, Message.Builder message) {
    if (value == null) {
      return;
    }
    if (!(value instanceof Map<?, ?> headers)) {
      throw new ProtocolException("headers must be an object");
    }
    for (Map.Entry<?, ?> header : headers.entrySet()) {
      String name = (String) header.getKey();
      if (!(header.getValue() instanceof String text)) {
        throw new ProtocolException("headers." + shown(name) + " must be a string");
      }
      requireText("headers", name);
      requireText("headers", text);
      message.putHeaders(name, text);
    }
  }

  /** Returns the body of the Message: a group's name, or a JSON array of names. */
  private static String groups(SocketPacket.Event event) {
    JsonArray arguments = event.arguments().values();
    if (arguments.size() == 1) {
      if (arguments.getValue(0) instanceof String name) {
        requireText("the group's name", name);
        // A name that looks like an array would be read as one.
        return name.startsWith("[") ? JsonArray.of(name).encode() : name;
      }
      if (arguments.getValue(0) instanceof JsonArray names
          && names.stream().allMatch(String.class::isInstance)) {
        return names.encode();
      }
    }
    throw new ProtocolException(
        event.name() + " takes one argument: a group's name, or an array of names");
  }

  private static Arguments write(Message message) {
    List<String> texts = new ArrayList<>(16);
    put(texts, "eventId", message.getEventId());
    put(texts, "from", message.getFrom());
    put(texts, "to", message.getTo());
    put(texts, "createAt", message.getCreateAt());
    put(texts, "type", message.getType());
    // Its type or its body marks it as a Message.
    if (message.getType().isEmpty() || !message.getBody().isEmpty()) {
      texts.addAll(List.of("body", message.getBody()));
    }
    put(texts, "contentType", message.getContentType());
    put(texts, "replyTo", message.getReplyTo());
    if (message.getAttachmentsCount() == 0 && Headers.count(message) == 0) {
      return Arguments.ofObject(texts);
    }
    var object = new JsonObject();
    for (int i = 0; i < texts.size(); i += 2) {
      object.put(texts.get(i), texts.get(i + 1));
    }
    if (message.getAttachmentsCount() > 0) {
      object.put("attachments", writeAttachments(message));
    }
    if (Headers.count(message) > 0) {
      var headers = new JsonObject();
      message.getHeadersMap().forEach(headers::put);
      object.put("headers", headers);
    }
    return Arguments.of(JsonArray.of(object));
  }

  /** Returns attachments; more than ten go as base64, since clients reject more than ten. */
  private static JsonArray writeAttachments(Message message) {
    if (message.getAttachmentsCount() <= Arguments.MAX_ATTACHMENTS) {
      return new JsonArray(attachments(message));
    }
    var texts = new JsonArray();
    for (ByteString attachment : message.getAttachmentsList()) {
      texts.add(Base64.getEncoder().encodeToString(attachment.toByteArray()));
    }
    return texts;
  }

  private static List<Buffer> attachments(Message message) {
    if (message.getAttachmentsCount() == 0) {
      return List.of();
    }
    List<Buffer> attachments = new ArrayList<>(message.getAttachmentsCount());
    for (ByteString attachment : message.getAttachmentsList()) {
      attachments.add(Buffer.buffer(attachment.toByteArray()));
    }
    return attachments;
  }

  private static void put(List<String> texts, String key, String value) {
    if (!value.isEmpty()) {
      texts.add(key);
      texts.add(value);
    }
  }

  /** Rejects half a surrogate pair, which JSON can escape and protobuf cannot hold. */
  private static void requireText(String what, String text) {
    if (!StrictUtf8.canEncode(text)) {
      throw new ProtocolException(what + " has half a surrogate pair");
    }
  }

  /** Returns a client's key, shortened for an error message. */
  private static String shown(String key) {
    String start = key.length() <= 32 ? key : key.substring(0, 32) + '…';
    return new String(start.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
