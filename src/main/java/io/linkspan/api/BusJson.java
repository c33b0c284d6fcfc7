package io.linkspan.api;

import com.google.protobuf.InvalidProtocolBufferException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Reads fields of JSON from other nodes, which may run another version. A field that is missing or
 * has another type counts as absent.
 */
final class BusJson {

  private BusJson() {}

  static String text(JsonObject json, String field) {
    return json.getValue(field) instanceof String text ? text : null;
  }

  static Instant instant(JsonObject json, String field) {
    String text = text(json, field);
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      return null;
    }
  }

  static Long number(JsonObject json, String field) {
    return json.getValue(field) instanceof Number number ? number.longValue() : null;
  }

  static int count(JsonObject json, String field) {
    return json.getValue(field) instanceof Number number ? number.intValue() : 0;
  }

  static List<String> texts(JsonObject json, String field) {
    return array(json, field).stream()
        .filter(String.class::isInstance)
        .map(String.class::cast)
        .toList();
  }

  static List<JsonObject> objects(JsonObject json, String field) {
    return array(json, field).stream()
        .filter(JsonObject.class::isInstance)
        .map(JsonObject.class::cast)
        .toList();
  }

  /** Returns Messages that are in their encoded form; others are left out. */
  static List<Message> messages(JsonObject json, String field) {
    List<Message> messages = new ArrayList<>();
    for (String encoded : texts(json, field)) {
      try {
        messages.add(Message.parseFrom(Base64.getDecoder().decode(encoded)));
      } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
        // It is from another version.
      }
    }
    return messages;
  }

  private static JsonArray array(JsonObject json, String field) {
    return json.getValue(field) instanceof JsonArray array ? array : new JsonArray();
  }
}
