package io.linkspan.upstream.http;

import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.api.Message;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/**
 * Makes a part from the bytes that have arrived: the body of a Message if the answer is text in
 * UTF-8, else an attachment. A sequence of UTF-8 is never divided.
 */
final class ChunkParts implements AnswerParts {

  private static final int LONGEST_SEQUENCE = 4;

  private final String type;
  private final boolean text;
  private final int maxPart;
  private Buffer input = Buffer.buffer();

  /**
   * @param contentType of the answer; null when it has none
   */
  ChunkParts(String contentType, int maxPart) {
    type = HttpAnswer.mediaType(contentType);
    text = type.startsWith("text/") || HttpAnswer.isJson(type) || type.endsWith("ndjson");
    this.maxPart = maxPart;
  }

  @Override
  public void feed(Buffer bytes) {
    input = Buffer.buffer(input.length() + bytes.length()).appendBuffer(input).appendBuffer(bytes);
  }

  @Override
  public Message poll(boolean complete) {
    int length = Math.min(input.length(), maxPart);
    if (text && !(complete && length == input.length())) {
      length = endOfText(length);
    }
    if (length == 0) {
      return null;
    }
    Buffer part = input.getBuffer(0, length);
    input = input.getBuffer(length, input.length());
    return text
        ? Message.newBuilder()
            .setContentType(type.equals("text/plain") ? "" : type)
            .setBody(part.toString(StandardCharsets.UTF_8))
            .build()
        : Message.newBuilder()
            .setContentType(type)
            .addAttachments(UnsafeByteOperations.unsafeWrap(part.getBytes()))
            .build();
  }

  /** Returns where the last complete sequence of UTF-8 before a position ends. */
  private int endOfText(int end) {
    int start = end;
    // Continuation bytes are 10xxxxxx; more than three in a row are malformed and not kept
    // together.
    while (start > 0
        && end - start < LONGEST_SEQUENCE
        && (input.getByte(start - 1) & 0xC0) == 0x80) {
      start--;
    }
    if (start == 0 || end - start == LONGEST_SEQUENCE) {
      return end;
    }
    int lead = input.getByte(start - 1) & 0xFF;
    int sequence = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return end - start + 1 < sequence ? start - 1 : end;
  }
}
