package io.linkspan.cluster.security;

import com.hazelcast.internal.networking.HandlerStatus;
import com.hazelcast.internal.networking.InboundHandler;
import com.hazelcast.internal.nio.IOUtil;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads the other member's hello. Nothing behind it in the pipeline sees a byte before that. */
final class HelloDecoder extends InboundHandler<ByteBuffer, ByteBuffer> {

  private final MemberLink link;
  private boolean rejected;

  HelloDecoder(MemberLink link) {
    this.link = link;
  }

  @Override
  public void handlerAdded() {
    initSrcBuffer(MemberHandshake.HELLO_LENGTH);
  }

  /** Hides how a stranger has ended its connection: Hazelcast would log a stack trace. */
  @Override
  public void interceptError(Throwable error) throws Throwable {
    if (error instanceof IOException && !(error instanceof EOFException)) {
      throw new EOFException(error.getMessage());
    }
  }

  @Override
  public HandlerStatus onRead() {
    src.flip();
    try {
      if (rejected) {
        src.position(src.limit());
        return HandlerStatus.CLEAN;
      }
      MemberHandshake.checkStart(src);
      if (src.remaining() == MemberHandshake.HELLO_LENGTH) {
        byte[] hello = new byte[MemberHandshake.HELLO_LENGTH];
        src.get(hello);
        channel.inboundPipeline().replace(this, new RecordDecoder(link, link.accept(hello)));
      }
    } catch (HandshakeException e) {
      rejected = true;
      link.reject(e);
    } finally {
      IOUtil.compactOrClear(src);
    }
    return HandlerStatus.CLEAN;
  }
}
