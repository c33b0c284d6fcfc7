package io.linkspan.framing;

import com.google.protobuf.MessageLite;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.framing.FramingConfig.Compression;
import io.linkspan.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.JdkZlibEncoder;
import io.netty.handler.codec.compression.ZlibWrapper;

/**
 * The frames of a byte stream: cut by Netty's decoders on their way in, whole on their way out, and
 * what is in them. Has no state; may be shared by links and event loops.
 */
public abstract class Framing {

  private static final int COMPRESSION_LEVEL = 6;

  private final FramingConfig config;

  Framing(FramingConfig config) {
    this.config = config;
  }

  /**
   * Adds what makes frames of bytes to the pipeline of a new link. Each frame arrives at the next
   * handler as a {@link ByteBuf} of its own.
   *
   * @param before name of that handler
   */
  public final void install(ChannelPipeline pipeline, String before) {
    if (config.compression() != Compression.NONE) {
      ZlibWrapper wrapper = config.compression().wrapper();
      var deflater = new JdkZlibEncoder(wrapper, COMPRESSION_LEVEL);
      pipeline.addBefore(before, null, deflater);
      pipeline.addBefore(before, null, new Inflater(wrapper, config.maxInflated(), deflater));
    }
    pipeline.addBefore(before, null, newDecoder(config));
  }

  /** Whether a failure of the pipeline means that the bytes are no frames of this kind. */
  public static boolean isViolation(Throwable failure) {
    return isTooLarge(failure)
        || failure instanceof CorruptedFrameException
        || failure instanceof DecompressionException;
  }

  /** Whether it means that a frame, or what is compressed, is larger than allowed. */
  public static boolean isTooLarge(Throwable failure) {
    return failure instanceof TooLongFrameException;
  }

  /** Most bytes of what {@link #encode} returns that may be sent. */
  public abstract int longest();

  /** A Message of more bytes of protobuf fits into no frame that may be sent. */
  public abstract int longestMessage();

  /**
   * Reads the contents of a frame; it stays the caller's.
   *
   * @return a {@link Message} or an {@link AckMessage}
   * @throws ProtocolException when it is neither, saying what is wrong
   */
  public abstract MessageLite decode(ByteBuf frame);

  /**
   * A whole frame with a Message, which may be {@linkplain #longest too long} to be sent. It may be
   * shared by many recipients and is not changed.
   */
  public abstract byte[] encode(Message message);

  /** A whole frame with an acknowledgement. */
  public abstract byte[] encodeAck(String eventId);

  abstract ChannelHandler newDecoder(FramingConfig config);

  /**
   * Bounds what compressed bytes may become, and tells that from bytes that are damaged. Takes the
   * deflater's memory along when the link ends, which is not the heap's.
   */
  private static final class Inflater extends JdkZlibDecoder {

    private final JdkZlibEncoder deflater;

    Inflater(ZlibWrapper wrapper, int limit, JdkZlibEncoder deflater) {
      super(wrapper, limit);
      this.deflater = deflater;
    }

    @Override
    protected void decompressionBufferExhausted(ByteBuf buffer) {
      super.decompressionBufferExhausted(buffer);
      throw new TooLongFrameException("more than " + maxAllocation + " bytes once inflated");
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // there is nobody left to read its last bytes
    public void channelInactive(ChannelHandlerContext context) throws Exception {
      deflater.close();
      super.channelInactive(context);
    }
  }
}
