package io.linkspan.protocol.methodchannel;

import io.linkspan.protocol.ProtocolException;
import java.nio.ByteBuffer;

/**
 * Turns calls and envelopes into bytes, and back. Implementations have no state and are shared.
 *
 * <p>How long a message may be is for who receives it to limit, before it comes here. How deep it
 * may nest is limited here, to {@value #MAX_DEPTH} levels of lists and maps, and whatever a message
 * says about its own lengths is checked against the bytes that are there.
 */
public interface MethodCodec {

  /** Most levels of lists and maps in one another, both ways. */
  int MAX_DEPTH = 64;

  /** Media type of the encoded calls and envelopes. */
  String contentType();

  /**
   * Writes a call.
   *
   * @throws IllegalArgumentException when the arguments hold what the codec has no form for
   */
  byte[] encodeCall(MethodCall call);

  /**
   * Reads a call, which has to fill the rest of the buffer; its position does not change.
   *
   * @throws ProtocolException when it is none, saying what is wrong
   */
  MethodCall decodeCall(ByteBuffer bytes);

  /**
   * Writes an answer.
   *
   * @throws IllegalArgumentException when it holds what the codec has no form for
   */
  byte[] encodeEnvelope(Envelope envelope);

  /**
   * Reads an answer, which has to fill the rest of the buffer; its position does not change. An
   * empty reply is no envelope: who may receive one looks first.
   *
   * @throws ProtocolException when it is none, saying what is wrong
   */
  Envelope decodeEnvelope(ByteBuffer bytes);
}
