package io.linkspan.protocol.engineio;

import io.vertx.core.json.Json;

/**
 * Writes strings as JSON. The ids in the first packets of a client have no character that needs an
 * escape: they do not need an encoder for objects.
 */
public final class JsonText {

  private JsonText() {}

  /** Returns a string with its quotation marks. */
  public static String quote(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isPlain(text.charAt(i))) {
        return Json.encode(text);
      }
    }
    return '"' + text + '"';
  }

  private static boolean isPlain(char c) {
    return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
  }
}
