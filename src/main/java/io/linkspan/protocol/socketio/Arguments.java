package io.linkspan.protocol.socketio;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The arguments of an event or an acknowledgement, immutable: a JSON array as text, where {@code
 * {"_placeholder":true,"num":k}} stands for the k-th attachment, and the attachments. The text is
 * kept as it came, so that passing arguments on changes nothing; without attachments, what looks
 * like a placeholder is ordinary data.
 */
public final class Arguments {
  /** Attachments of one packet; clients refuse more. */
  public static final int MAX_ATTACHMENTS = 10;

  public static final Arguments NONE = new Arguments("[]", List.of());

  private static final String PLACEHOLDER = "_placeholder";
  private static final String NUM = "num";

  private final String json;
  private final List<Buffer> attachments;

  /** Only for text that is checked. */
  Arguments(String json, List<Buffer> attachments) {
    this.json = json;
    this.attachments = attachments;
  }

  /**
   * Arguments from their two parts.
   *
   * @throws ProtocolException if the text is not one JSON array of at most 64 levels, a placeholder
   *     points at nothing, or there are more than {@link #MAX_ATTACHMENTS}
   */
  public static Arguments parse(String json, List<Buffer> attachments) {
    requireFew(attachments.size());
    var scanner = new JsonScanner(json, 0, attachments.size());
    if (scanner.peek() != '[') {
      throw new ProtocolException("arguments are not an array");
    }
    int start = scanner.position();
    scanner.value();
    int end = scanner.position();
    scanner.end();
    return new Arguments(json.substring(start, end), List.copyOf(attachments));
  }

  /**
   * Arguments from values as {@link JsonArray} holds them; each {@link Buffer} and {@code byte[]}
   * in them, at any depth, becomes an attachment.
   *
   * @throws ProtocolException as {@link #parse}
   */
  public static Arguments of(JsonArray values) {
    List<Buffer> found = new ArrayList<>();
    var text = new JsonArray(takeOut(values.getList(), found, 1)).encode();
    return parse(text, found);
  }

  /**
   * One argument: an object whose members are texts.
   *
   * @param namesAndValues in turn
   */
  public static Arguments ofObject(List<String> namesAndValues) {
    int length = 2;
    for (String text : namesAndValues) {
      length += text.length() + 3;
    }
    var json = new StringBuilder(length + 2).append('[');
    char before = '{';
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      json.append(before);
      JsonScanner.quote(json, namesAndValues.get(i));
      json.append(':');
      JsonScanner.quote(json, namesAndValues.get(i + 1));
      before = ',';
    }
    return new Arguments(json.append("}]").toString(), List.of());
  }

  private static List<Object> takeOut(List<?> values, List<Buffer> found, int depth) {
    List<Object> out = new ArrayList<>(values.size());
    for (Object value : values) {
      out.add(takeOut(value, found, depth));
    }
    return out;
  }

  private static Object takeOut(Object value, List<Buffer> found, int depth) {
    if (depth > JsonScanner.MAX_DEPTH) {
      throw new ProtocolException("JSON nested too deep");
    }
    if (value instanceof Buffer || value instanceof byte[]) {
      requireFew(found.size() + 1);
      Map<String, Object> placeholder = new LinkedHashMap<>();
      placeholder.put(PLACEHOLDER, true);
      placeholder.put(NUM, found.size());
      found.add(value instanceof byte[] bytes ? Buffer.buffer(bytes) : (Buffer) value);
      return placeholder;
    }
    if (value instanceof JsonArray array) {
      return takeOut(array.getList(), found, depth + 1);
    }
    if (value instanceof List<?> list) {
      return takeOut(list, found, depth + 1);
    }
    Map<?, ?> members = value instanceof JsonObject object ? object.getMap() : null;
    if (value instanceof Map<?, ?> map) {
      members = map;
    }
    if (members == null) {
      return value;
    }
    Map<String, Object> out = new LinkedHashMap<>();
    members.forEach((key, member) -> out.put((String) key, takeOut(member, found, depth + 1)));
    return out;
  }

  private static void requireFew(int count) {
    if (count > MAX_ATTACHMENTS) {
      throw new ProtocolException("more than " + MAX_ATTACHMENTS + " attachments");
    }
  }

  /** Returns the JSON array. */
  public String json() {
    return json;
  }

  /** Returns the attachments that the placeholders name, in order. */
  public List<Buffer> attachments() {
    return attachments;
  }

  /** Returns whether the first argument is an object, without parsing it. */
  public boolean beginWithObject() {
    return new JsonScanner(json, 1, 0).peek() == '{';
  }

  /** Returns the values, each attachment in its place as a {@link Buffer}. Parses at every call. */
  public JsonArray values() {
    var values = new JsonArray(json);
    return attachments.isEmpty() ? values : new JsonArray(putBack(values.getList()));
  }

  private List<Object> putBack(List<?> values) {
    List<Object> out = new ArrayList<>(values.size());
    for (Object value : values) {
      out.add(putBack(value));
    }
    return out;
  }

  private Object putBack(Object value) {
    if (value instanceof List<?> list) {
      return putBack(list);
    }
    if (!(value instanceof Map<?, ?> map)) {
      return value;
    }
    if (Boolean.TRUE.equals(map.get(PLACEHOLDER)) && map.get(NUM) instanceof Number num) {
      return attachments.get(num.intValue());
    }
    Map<String, Object> out = new LinkedHashMap<>();
    map.forEach((key, member) -> out.put((String) key, putBack(member)));
    return out;
  }

  Arguments with(List<Buffer> received) {
    return new Arguments(json, received);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Arguments that
        && json.equals(that.json)
        && attachments.equals(that.attachments);
  }

  @Override
  public int hashCode() {
    return 31 * json.hashCode() + attachments.hashCode();
  }

  /** Tells sizes only: arguments are the users' own. */
  @Override
  public String toString() {
    return json.length() + " characters, " + attachments.size() + " attachments";
  }
}
