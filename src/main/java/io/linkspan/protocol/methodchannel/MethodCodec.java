package io.linkspan.protocol.methodchannel;

import io.linkspan.protocol.ProtocolException;
import java.nio.ByteBuffer;

/**
 * Encodes and decodes calls and envelopes. Implementations have no state and are shared.
 *
 * <p>The receiver bounds the length of a message before it is decoded. The codec bounds the depth
 * to {@value #MAX_DEPTH} levels of lists and maps, and checks every length in a message against the
 * bytes that are present.
 */
public interface MethodCodec {

  /** Most levels of nested lists and maps, in both directions. */
  int MAX_DEPTH = 64;

  /** Media type of the encoded calls and envelopes. */
  String contentType();

  /**
   * Writes a call.
   *
   * @throws IllegalArgumentException when the arguments hold a value that the codec does not
   *     support
   */
  byte[] encodeCall(MethodCall call);

  /**
   * Reads a call, which must fill the rest of the buffer; its position does not change.
   *
   * @throws ProtocolException when it is malformed; the message says why
   */
  MethodCall decodeCall(ByteBuffer bytes);

  /**
   * Writes an answer.
   *
   * @throws IllegalArgumentException when it holds a value that the codec does not support
   */
  byte[] encodeEnvelope(Envelope envelope);

  /**
   * Reads an answer, which must fill the rest of the buffer; its position does not change. An empty
   * reply is not an envelope, so the caller must handle it first.
   *
   * @throws ProtocolException when it is malformed; the message says why
   */
  Envelope decodeEnvelope(ByteBuffer bytes);
}
