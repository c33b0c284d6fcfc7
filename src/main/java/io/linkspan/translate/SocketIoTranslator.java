package io.linkspan.translate;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
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
 * Between Socket.IO events and Messages, losing nothing either way.
 *
 * <pre>
 *   emit("message", {type, body, …})    a Message, its keys those of the schema
 *   emit("join_group", "news")          type join_group, body news
 *   emit("name", a, b)                  a raw event: type name, contentType
 *                                       application/socket.io+json, body [a,b]
 * </pre>
 *
 * <p>Binary arguments are attachments, and stay as placeholders in the body of a raw event. The
 * header {@value #NAMESPACE} says which namespace an event came from or is for; without it, it is
 * the main one.
 */
public final class SocketIoTranslator {

  /** Content type of a raw event: the body is the JSON array of its arguments. */
  public static final String RAW = "application/socket.io+json";

  /** Header with the namespace, where it is not the main one. */
  public static final String NAMESPACE = "namespace";

  /** Name of the main namespace. */
  public static final String ROOT = "/";

  /** Type of the Message that tells a service of a client in a namespace; no client can send it. */
  public static final String CONNECT = "connect";

  private static final String ANCHOR_EVENT = "~";
  private static final String MESSAGE_EVENT = "message";
  private static final String CLOSING_EVENT = "closing";
  private static final String JOIN = "join_group";
  private static final String LEAVE = "leave_group";

  /** Type of what a client answered with its acknowledgement, unless that is a Message. */
  private static final String REPLY = "reply";

  /** What a Message is for a Socket.IO client, whichever namespace and id it is emitted with. */
  public record Emission(String namespace, String name, Arguments arguments) {

    /** The packet, to be sent to the client in this or another namespace. */
    public EncodedPacket packet(String actualNamespace, long ackId) {
      return EncodedPacket.event(actualNamespace, ackId, name, arguments);
    }

    /** The packet with its offset, for a client that can recover. */
    public EncodedPacket packet(String actualNamespace, String offset) {
      return EncodedPacket.event(actualNamespace, SocketPacket.NO_ACK, name, arguments, offset);
    }
  }

  /** Tells a client an offset and nothing else; of a name that nobody listens to. */
  public static EncodedPacket anchor(String namespace, String offset) {
    return new Emission(namespace, ANCHOR_EVENT, Arguments.of(new JsonArray()))
        .packet(namespace, offset);
  }

  private SocketIoTranslator() {}

  /**
   * Reads an event.
   *
   * @throws ProtocolException when it is a {@code message}, {@code join_group} or {@code
   *     leave_group} that can not be read, saying what is wrong
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
      case JOIN, LEAVE -> message.setType(event.name()).setBody(groups(event));
      default -> raw(event.name(), event.arguments(), message);
    }
    if (!event.namespace().equals(ROOT) && !message.containsHeaders(NAMESPACE)) {
      requireText(NAMESPACE, event.namespace());
      message.putHeaders(NAMESPACE, event.namespace());
    }
    return message.build();
  }

  /** Tells a service that a client has joined a namespace, with its credentials as they came. */
  public static Message connect(String namespace, String auth) {
    Message.Builder message =
        Message.newBuilder().setType(CONNECT).setContentType(RAW).setBody('[' + auth + ']');
    if (!namespace.equals(ROOT)) {
      message.putHeaders(NAMESPACE, namespace);
    }
    return message.build();
  }

  /**
   * Reads what a client answered with its acknowledgement.
   *
   * @param from the client's user: it is no other, whatever is in there
   * @return null when there is nothing
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

  /** The Message as an event that clients of the generation can be sent. */
  public static Emission encode(Message message, Generation generation) {
    String namespace = message.getHeadersOrDefault(NAMESPACE, ROOT);
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

  /** Whether the answer of a service is the arguments of an acknowledgement. */
  public static Arguments rawArguments(Message message) {
    if (!message.getContentType().equals(RAW)) {
      return null;
    }
    try {
      return Arguments.parse(message.getBody(), attachments(message));
    } catch (ProtocolException e) {
      // Whoever made it was no Socket.IO client; it is delivered all the same, as what it is.
      return null;
    }
  }

  /** What acknowledges an event that is in good hands: {@code {"eventId":…}}. */
  public static Arguments accepted(String eventId) {
    return Arguments.ofObject(List.of("eventId", eventId));
  }

  /** What acknowledges an event that was refused: {@code {"error":{"code","message",…}}}. */
  public static Arguments refused(MessageException why) {
    return Arguments.of(JsonArray.of(new JsonObject().put("error", ErrorTranslator.toJson(why))));
  }

  /** Tells a client in a namespace why its connection ends now. */
  public static EncodedPacket closing(String namespace, JsonObject why) {
    return EncodedPacket.event(
        namespace, SocketPacket.NO_ACK, CLOSING_EVENT, Arguments.of(JsonArray.of(why)));
  }

  private static void raw(String name, Arguments arguments, Message.Builder message) {
    message.setType(name).setContentType(RAW).setBody(arguments.json());
    for (Buffer attachment : arguments.attachments()) {
      message.addAttachments(UnsafeByteOperations.unsafeWrap(attachment.getBytes()));
    }
  }

  /**
   * The only argument if it is a Message, else null. As a bare map: the accessors of {@link
   * JsonObject} would turn binary into text.
   */
  private static Map<?, ?> messageIn(Arguments arguments) {
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
      // An acknowledgement can not be refused.
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

  /** As in protobuf's JSON mapping, null is as good as absent. */
  private static void text(String key, Object value, Consumer<String> setter) {
    if (value == null) {
      return;
    }
    if (!(value instanceof String text)) {
      throw new ProtocolException(key + " has to be a string");
    }
    requireText(key, text);
    setter.accept(text);
  }

  private static void readAttachments(Object value, Message.Builder message) {
    if (value == null) {
      return;
    }
    if (!(value instanceof List<?> array)) {
      throw new ProtocolException("attachments have to be an array");
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
      throw new ProtocolException("an attachment that is a string has to be base64");
    }
    throw new ProtocolException("an attachment has to be binary, or base64");
  }

  private static void readHeaders(Object value, Message.Builder message) {
    if (value == null) {
      return;
    }
    if (!(value instanceof Map<?, ?> headers)) {
      throw new ProtocolException("headers have to be an object");
    }
    for (Map.Entry<?, ?> header : headers.entrySet()) {
      String name = (String) header.getKey();
      if (!(header.getValue() instanceof String text)) {
        throw new ProtocolException("headers." + shown(name) + " has to be a string");
      }
      requireText("headers", name);
      requireText("headers", text);
      message.putHeaders(name, text);
    }
  }

  /** A group's name, or a JSON array of names, as the body of the Message. */
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
    // By its type or its body it is known for a Message.
    if (message.getType().isEmpty() || !message.getBody().isEmpty()) {
      texts.addAll(List.of("body", message.getBody()));
    }
    put(texts, "contentType", message.getContentType());
    put(texts, "replyTo", message.getReplyTo());
    if (message.getAttachmentsCount() == 0 && message.getHeadersCount() == 0) {
      return Arguments.ofObject(texts);
    }
    var object = new JsonObject();
    for (int i = 0; i < texts.size(); i += 2) {
      object.put(texts.get(i), texts.get(i + 1));
    }
    if (message.getAttachmentsCount() > 0) {
      object.put("attachments", writeAttachments(message));
    }
    if (message.getHeadersCount() > 0) {
      var headers = new JsonObject();
      message.getHeadersMap().forEach(headers::put);
      object.put("headers", headers);
    }
    return Arguments.of(JsonArray.of(object));
  }

  /** Clients refuse a packet with more than ten attachments: then all go as base64. */
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

  /** JSON can escape half a surrogate pair, which no protobuf string can hold. */
  private static void requireText(String what, String text) {
    if (!StrictUtf8.canEncode(text)) {
      throw new ProtocolException(what + " has half a surrogate pair");
    }
  }

  /** A key of the client's, short enough for an error message. */
  private static String shown(String key) {
    String start = key.length() <= 32 ? key : key.substring(0, 32) + '…';
    return new String(start.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
