package io.linkspan.transport.websocket;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;

/**
 * The application heartbeat of the mobile clients in the field: text of the form {@code
 * {"module":"HEART_CHECK","message":…}}, answered in kind.
 */
final class HeartCheck {

  private static final String MODULE = "HEART_CHECK";

  private HeartCheck() {}

  /** Returns the answer, in UTF-8; null when the text is not a heartbeat. */
  static byte[] answer(String text) {
    // Most text is not a heartbeat, and this check is cheaper than parsing.
    if (!text.contains(MODULE)) {
      return null;
    }
    try {
      JsonObject heartbeat = new JsonObject(text);
      if (!MODULE.equals(heartbeat.getValue("module"))) {
        return null;
      }
      return new JsonObject()
          .put("module", MODULE)
          .put("message", heartbeat.getValue("message"))
          .encode()
          .getBytes(StandardCharsets.UTF_8);
    } catch (DecodeException e) {
      return null;
    }
  }
}
