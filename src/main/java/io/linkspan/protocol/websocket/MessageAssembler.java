package io.linkspan.protocol.websocket;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import java.util.Arrays;

/**
 * Assembles the fragments of a WebSocket message (RFC 6455 §5.4). Any fragment may be empty,
 * including the first one. Control frames are not passed to it. Holds at most {@code maxLength}
 * bytes. Keeps the payloads that it takes. Text is checked as it arrives: the fragment with the
 * first invalid byte fails (§8.1).
 */
public final class MessageAssembler {

  private static final int MIN_CAPACITY = 64;

  private final int maxLength;
  private boolean text;
  private Utf8Validator validator;

  /** Null while no fragments are collected; the first {@link #length} bytes are in use. */
  private byte[] collected;

  private int length;

  /**
   * @param maxLength of a whole message, in bytes
   */
  public MessageAssembler(int maxLength) {
    this.maxLength = maxLength;
  }

  /**
   * Takes the first frame of a message.
   *
   * @return the whole message, or null while fragments are missing
   * @throws WebSocketViolationException when the message before has not ended, the message is over
   *     the limit, or its text is not UTF-8
   */
  public byte[] first(boolean text, boolean last, byte[] payload) {
    if (collected != null) {
      throw new WebSocketViolationException(
          WebSocketViolation.PROTOCOL_ERROR, "a message began before the one in fragments ended");
    }
    requireRoom(payload.length);
    this.text = text;
    if (last) {
      return payload;
    }
    validator = text ? new Utf8Validator() : null;
    requireText(payload, false);
    collected = payload;
    length = payload.length;
    return null;
  }

  /**
   * Takes a continuation frame.
   *
   * @return the whole message, or null while fragments are missing
   * @throws WebSocketViolationException when there is nothing to continue, the message is over the
   *     limit, or its text is not UTF-8
   */
  public byte[] next(boolean last, byte[] payload) {
    if (collected == null) {
      throw new WebSocketViolationException(
          WebSocketViolation.PROTOCOL_ERROR, "a continuation frame without a message to continue");
    }
    requireRoom((long) length + payload.length);
    requireText(payload, last);
    append(payload);
    if (!last) {
      return null;
    }
    byte[] whole = Arrays.copyOf(collected, length);
    collected = null;
    length = 0;
    return whole;
  }

  /** Returns whether the last returned message is text. */
  public boolean text() {
    return text;
  }

  /**
   * Decodes a text message.
   *
   * @param length of the message, with which the array begins
   * @throws WebSocketViolationException when it is not UTF-8
   */
  public static String decode(byte[] message, int length) {
    try {
      return StrictUtf8.decode(message, length);
    } catch (ProtocolException e) {
      throw new WebSocketViolationException(WebSocketViolation.INVALID_PAYLOAD, e.getMessage());
    }
  }

  /** Returns the bytes of the message of which fragments are missing. */
  public int unfinished() {
    return length;
  }

  private void append(byte[] part) {
    int total = length + part.length;
    if (total > collected.length) {
      long doubled = Math.max(MIN_CAPACITY, 2L * collected.length);
      collected = Arrays.copyOf(collected, (int) Math.min(maxLength, Math.max(doubled, total)));
    }
    System.arraycopy(part, 0, collected, length, part.length);
    length = total;
  }

  private void requireText(byte[] part, boolean last) {
    if (validator != null && (!validator.accept(part) || (last && !validator.complete()))) {
      throw new WebSocketViolationException(WebSocketViolation.INVALID_PAYLOAD, "malformed UTF-8");
    }
  }

  private void requireRoom(long length) {
    if (length > maxLength) {
      throw new WebSocketViolationException(
          WebSocketViolation.TOO_LARGE, "a message may have at most " + maxLength + " bytes");
    }
  }
}
