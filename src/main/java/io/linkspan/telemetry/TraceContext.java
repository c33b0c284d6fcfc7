package io.linkspan.telemetry;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;

/**
 * The context of a trace as W3C Trace Context defines it: the headers {@code traceparent} and
 * {@code tracestate}. Immutable; may be shared.
 *
 * @param traceId 32 hexadecimal digits
 * @param spanId 16 hexadecimal digits; the span that continues the trace has it as its parent
 * @param sampled whether spans are recorded
 * @param state what vendors added; null for nothing
 */
public record TraceContext(String traceId, String spanId, boolean sampled, String state) {

  /** {@code version-traceid-parentid-flags}. */
  private static final int LENGTH = 55;

  private static final int TRACE_ID = 3;
  private static final int SPAN_ID = 36;
  private static final int FLAGS = 53;
  private static final int SAMPLED = 0x01;
  private static final int HEXADECIMAL = 16;

  /** The least that every vendor must pass on (section 3.3.1.5); a longer state is dropped. */
  private static final int LONGEST_STATE = 512;

  /** Returns the context in the headers of a Message; null when it has none, or a malformed one. */
  public static TraceContext of(Message message) {
    String parent = Headers.get(message, Headers.TRACEPARENT);
    return parent == null ? null : parse(parent, Headers.get(message, Headers.TRACESTATE));
  }

  /**
   * Reads the two headers. Versions after 00 are read as far as 00 defines them (section 4).
   *
   * @param state null when there is none; ignored when it is malformed
   * @return null when {@code parent} is malformed
   */
  public static TraceContext parse(String parent, String state) {
    if (parent.length() < LENGTH
        || !isHex(parent, 0, 2)
        || parent.startsWith("ff")
        || (parent.length() > LENGTH && (parent.startsWith("00") || parent.charAt(LENGTH) != '-'))
        || !isId(parent, TRACE_ID, SPAN_ID - 1)
        || !isId(parent, SPAN_ID, FLAGS - 1)
        || !isHex(parent, FLAGS, LENGTH)
        || parent.charAt(2) != '-'
        || parent.charAt(SPAN_ID - 1) != '-'
        || parent.charAt(FLAGS - 1) != '-') {
      return null;
    }
    int flags = Integer.parseInt(parent, FLAGS, LENGTH, HEXADECIMAL);
    return new TraceContext(
        parent.substring(TRACE_ID, SPAN_ID - 1),
        parent.substring(SPAN_ID, FLAGS - 1),
        (flags & SAMPLED) != 0,
        isState(state) ? state : null);
  }

  private static boolean isState(String state) {
    return state != null
        && !state.isEmpty()
        && state.length() <= LONGEST_STATE
        && state.chars().allMatch(c -> c >= ' ' && c <= '~');
  }

  private static boolean isId(String text, int from, int to) {
    if (!isHex(text, from, to)) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (text.charAt(i) != '0') {
        return true;
      }
    }
    return false;
  }

  /** Returns whether all characters are hexadecimal digits in lower case. */
  private static boolean isHex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
        return false;
      }
    }
    return true;
  }

  /** Returns the header {@code traceparent} in version 00. */
  public String parent() {
    return "00-" + traceId + '-' + spanId + (sampled ? "-01" : "-00");
  }

  /** Returns a Message with this context in its headers. */
  public Message mark(Message message) {
    Message.Builder marked = message.toBuilder().putHeaders(Headers.TRACEPARENT, parent());
    if (state == null) {
      marked.removeHeaders(Headers.TRACESTATE);
    } else {
      marked.putHeaders(Headers.TRACESTATE, state);
    }
    return marked.build();
  }
}
