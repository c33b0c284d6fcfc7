package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;

/** Engine.IO 3 inside a script tag: {@code ___eio[7]("2:40");} out, a form with field d in. */
final class Jsonp {
  private static final int MAX_INDEX_DIGITS = 9;

  private Jsonp() {}

  /** Returns the digits of {@code j}. Nothing else of it may go into a script. */
  static String index(String j) {
    var digits = new StringBuilder();
    for (int i = 0; i < j.length() && digits.length() < MAX_INDEX_DIGITS; i++) {
      if (j.charAt(i) >= '0' && j.charAt(i) <= '9') {
        digits.append(j.charAt(i));
      }
    }
    return digits.toString();
  }

  static Buffer encode(String index, Buffer payload) {
    // Both are line ends to a script but not to JSON.
    String literal =
        Json.encode(payload.toString()).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
    return Buffer.buffer("___eio[" + index + "](" + literal + ");");
  }

  /** Returns the payload in a posted form. */
  static String decode(Buffer body) {
    String payload = FormFields.decode(StrictUtf8.decode(body)).get("d");
    if (payload == null) {
      throw new ProtocolException("form without field d");
    }
    return restoreNewlines(payload);
  }

  /** Clients write a line feed as {@code \n} and protect a real {@code \n} as {@code \\n}. */
  private static String restoreNewlines(String text) {
    int slash = text.indexOf('\\');
    if (slash < 0) {
      return text;
    }
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\\\n", i)) {
        out.append("\\n");
        i += 2;
      } else if (text.startsWith("\\n", i)) {
        out.append('\n');
        i += 1;
      } else {
        out.append(text.charAt(i));
      }
    }
    return out.toString();
  }
}
