package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Form-encoded fields: {@code a=1&b=%2F}, as in a namespace's query and a JSONP body. */
public final class FormFields {
  private static final int MAX_FIELDS = 256;

  private FormFields() {}

  /**
   * Reads the fields in their order; of two with the same name the last one wins.
   *
   * @throws ProtocolException if an escape is broken, the bytes are not UTF-8, or there are more
   *     than 256 fields
   */
  public static Map<String, String> decode(String form) {
    Map<String, String> fields = new LinkedHashMap<>();
    int count = 0;
    int start = 0;
    while (start < form.length()) {
      int end = form.indexOf('&', start);
      end = end < 0 ? form.length() : end;
      if (end > start) {
        if (++count > MAX_FIELDS) {
          throw new ProtocolException("too many form fields");
        }
        int equals = form.indexOf('=', start);
        boolean valued = equals >= 0 && equals < end;
        String name = unescape(form.substring(start, valued ? equals : end));
        fields.put(name, valued ? unescape(form.substring(equals + 1, end)) : "");
      }
      start = end + 1;
    }
    return fields;
  }

  private static String unescape(String text) {
    if (text.indexOf('%') < 0) {
      return text.replace('+', ' ');
    }
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    var out = new ByteArrayOutputStream(in.length);
    for (int i = 0; i < in.length; i++) {
      if (in[i] != '%') {
        out.write(in[i] == '+' ? ' ' : in[i]);
        continue;
      }
      int high = i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
      int low = i + 2 < in.length ? Character.digit(in[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        throw new ProtocolException("bad percent escape");
      }
      out.write(high << 4 | low);
      i += 2;
    }
    return StrictUtf8.decode(out.toByteArray());
  }
}
