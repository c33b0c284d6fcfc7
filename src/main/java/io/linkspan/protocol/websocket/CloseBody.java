package io.linkspan.protocol.websocket;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Body of a close frame (RFC 6455, section 5.5.1): nothing, or a 16-bit code and a reason. */
public final class CloseBody {

  /** Stands for the code of a body without one (section 7.4.1). */
  public static final int NO_CODE = 1005;

  private static final int CODE_SIZE = 2;

  /** The body of a control frame has at most 125 bytes. */
  private static final int MAX_REASON = 123;

  private CloseBody() {}

  /**
   * Reads the code, and checks the body.
   *
   * @return {@link #NO_CODE} when the body is empty
   * @throws WebSocketViolationException when the code may not be sent, or the reason is not UTF-8
   */
  public static int read(byte[] body) {
    if (body.length == 0) {
      return NO_CODE;
    }
    if (body.length < CODE_SIZE) {
      throw invalid("half a close code");
    }
    int code = ((body[0] & 0xFF) << Byte.SIZE) | (body[1] & 0xFF);
    if (!maySend(code)) {
      throw invalid("a close code that may not be sent: " + code);
    }
    try {
      StrictUtf8.decode(Arrays.copyOfRange(body, CODE_SIZE, body.length));
    } catch (ProtocolException e) {
      throw invalid("a close reason that is not UTF-8");
    }
    return code;
  }

  /** Returns the body with a code and a reason; one that is too long is truncated. */
  public static byte[] write(int code, String reason) {
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(text.length, MAX_REASON);
    while (length < text.length && (text[length] & 0xC0) == 0x80) {
      length--;
    }
    byte[] body = new byte[CODE_SIZE + length];
    body[0] = (byte) (code >> Byte.SIZE);
    body[1] = (byte) code;
    System.arraycopy(text, 0, body, CODE_SIZE, length);
    return body;
  }

  /** The registered codes, and those for libraries and applications (sections 7.4.1, 7.4.2). */
  private static boolean maySend(int code) {
    return (code >= 1000 && code <= 1003)
        || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code < 5000);
  }

  private static WebSocketViolationException invalid(String breach) {
    return new WebSocketViolationException(WebSocketViolation.PROTOCOL_ERROR, breach);
  }
}
