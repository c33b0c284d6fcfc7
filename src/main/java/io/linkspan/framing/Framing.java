package io.linkspan.framing;

import com.google.protobuf.MessageLite;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.framing.FramingConfig.Compression;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.translate.MessageLimits;
import io.linkspan.translate.ScratchFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.compression.JdkZlibEncoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import java.util.function.IntSupplier;

/**
 * Splits a byte stream into frames with Netty's decoders, and decodes and encodes their contents.
 * Has no state; may be shared by links and event loops.
 */
public abstract class Framing {

  private static final int COMPRESSION_LEVEL = 6;

  private final FramingConfig config;

  Framing(FramingConfig config) {
    this.config = config;
  }

  /**
   * Adds the decoders to the pipeline of a new link. Each frame arrives at the next handler as a
   * {@link ByteBuf} of its own.
   *
   * @param before name of that handler
   * @return returns the bytes that are kept of a frame of which a part is missing
   */
  public final IntSupplier install(ChannelPipeline pipeline, String before) {
    if (config.compression() != Compression.NONE) {
      ZlibWrapper wrapper = config.compression().wrapper();
      var deflater = new JdkZlibEncoder(wrapper, COMPRESSION_LEVEL);
      pipeline.addBefore(before, null, deflater);
      pipeline.addBefore(
          before,
          null,
          new DecompressionHandler(config.compression().format(), config.maxInflated(), deflater));
    }
    var decoder = newDecoder(config);
    pipeline.addBefore(before, null, decoder.handler());
    return decoder.unfinished();
  }

  /** Returns whether a failure of the pipeline means that the bytes are not valid frames. */
  public static boolean isViolation(Throwable failure) {
    return isTooLarge(failure)
        || failure instanceof CorruptedFrameException
        || failure instanceof ProtocolException;
  }

  /** Returns whether it means that a frame, or its inflated form, is larger than allowed. */
  public static boolean isTooLarge(Throwable failure) {
    return failure instanceof TooLongFrameException;
  }

  /** Returns the most bytes that a frame which {@link #encode} returns may have. */
  public abstract int longest();

  /** Returns the size of the largest Message, in bytes of protobuf, that fits into a frame. */
  public abstract int longestMessage();

  /**
   * Decodes the contents of a frame; the caller still owns and releases it.
   *
   * @param limits are checked before a Message is read into objects
   * @return a {@link Message} or an {@link AckMessage}
   * @throws ProtocolException when it is neither, or over the limits
   */
  public final MessageLite decode(ByteBuf frame, MessageLimits limits) {
    byte[] bytes = ByteBufUtil.getBytes(frame);
    return decode(bytes, bytes.length, limits);
  }

  /**
   * Decodes the contents of a frame, as {@link #decode(ByteBuf, MessageLimits)} does.
   *
   * @param length of the contents, with which the array begins; nothing of the array is kept
   */
  public abstract MessageLite decode(byte[] frame, int length, MessageLimits limits);

  /**
   * Encodes a Message as a whole frame, which may be {@linkplain #longest too long} to be sent. It
   * may be shared by many recipients and must not be changed.
   */
  public abstract byte[] encode(Message message);

  /** Encodes an acknowledgement as a whole frame. */
  public abstract byte[] encodeAck(String eventId);

  /**
   * Encodes a Message as {@link #encode} does, without an array of its own.
   *
   * @param size of the Message
   * @return null when only {@link #encode} can
   */
  public ScratchFrame scratch(Message message, int size) {
    return null;
  }

  /** Encodes an acknowledgement as {@link #encodeAck} does; see {@link #scratch}. */
  public ScratchFrame scratchAck(String eventId) {
    return null;
  }

  /**
   * Returns the head by which frames can be found without the decoders that {@link #install} adds;
   * null when they are necessary.
   */
  public LengthHead plainHead() {
    return null;
  }

  /** Returns whether frames contain the JSON form, not the binary one. */
  public boolean isJson() {
    return false;
  }

  /** A decoder, and how much it keeps. */
  record Decoder(ChannelHandler handler, IntSupplier unfinished) {}

  abstract Decoder newDecoder(FramingConfig config);
}
