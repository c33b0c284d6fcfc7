package io.linkspan.framing;

import com.google.protobuf.MessageLite;
import io.linkspan.api.Message;
import io.linkspan.protocol.StrictUtf8;
import io.linkspan.translate.JsonTranslator;
import io.linkspan.translate.MessageLimits;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** Frames that end with a delimiter and contain the JSON form. */
final class DelimitedFraming extends Framing {

  private static final byte[] LINE_FEED = {'\n'};
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final HexFormat HEX = HexFormat.of();

  private final byte[] delimiter;
  private final boolean lines;
  private final int longest;

  private DelimitedFraming(FramingConfig config, byte[] delimiter, boolean lines) {
    super(config);
    this.delimiter = delimiter;
    this.lines = lines;
    longest = (int) Math.min(Integer.MAX_VALUE, config.maxFrameSize() + (long) delimiter.length);
  }

  /** Returns a framing of lines that end with LF or CRLF; sent lines end with LF. */
  static DelimitedFraming ofLines(FramingConfig config) {
    return new DelimitedFraming(config, LINE_FEED, true);
  }

  /** Returns a framing with the configured delimiter. */
  static DelimitedFraming ofDelimiter(FramingConfig config) {
    return new DelimitedFraming(config, config.delimiter().getBytes(), false);
  }

  @Override
  public boolean isJson() {
    return true;
  }

  @Override
  public int longest() {
    return longest;
  }

  /** Returns an upper bound: JSON is never shorter than protobuf. */
  @Override
  public int longestMessage() {
    return longest - delimiter.length;
  }

  @Override
  public MessageLite decode(byte[] frame, int length, MessageLimits limits) {
    String json = StrictUtf8.decode(ByteBuffer.wrap(frame, 0, length));
    // A byte order mark may be ignored (RFC 8259, section 8.1); some libraries write one.
    int start = !json.isEmpty() && json.charAt(0) == BYTE_ORDER_MARK ? 1 : 0;
    return JsonTranslator.decodeFrameOrMessage(json.substring(start), limits);
  }

  @Override
  public byte[] encode(Message message) {
    return finish(JsonTranslator.encodeFrame(message));
  }

  @Override
  public byte[] encodeAck(String eventId) {
    return finish(JsonTranslator.encodeAckFrame(eventId));
  }

  @Override
  Decoder newDecoder(FramingConfig config) {
    return lines
        ? Decoders.ofLines(config.maxFrameSize())
        : Decoders.ofDelimiter(config.maxFrameSize(), Unpooled.wrappedBuffer(delimiter));
  }

  private byte[] finish(byte[] json) {
    byte[] hidden = hideDelimiter(json);
    byte[] frame = Arrays.copyOf(hidden, hidden.length + delimiter.length);
    System.arraycopy(delimiter, 0, frame, hidden.length, delimiter.length);
    return frame;
  }

  /** Escapes the first character of the delimiter, so that no delimiter can start in the JSON. */
  private byte[] hideDelimiter(byte[] json) {
    byte first = delimiter[0];
    for (byte b : json) {
      if (b == first) {
        String text = new String(json, StandardCharsets.UTF_8);
        String escape = "\\u00" + HEX.toHexDigits(first);
        return text.replace(String.valueOf((char) first), escape).getBytes(StandardCharsets.UTF_8);
      }
    }
    return json;
  }
}
