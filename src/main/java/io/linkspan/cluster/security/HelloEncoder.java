package io.linkspan.cluster.security;

import com.hazelcast.internal.networking.HandlerStatus;
import com.hazelcast.internal.networking.OutboundHandler;
import com.hazelcast.internal.nio.IOUtil;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Sends this member's hello, and holds back what follows until the other side has sent its own. */
final class HelloEncoder extends OutboundHandler<ByteBuffer, ByteBuffer> {

  private final MemberLink link;
  private boolean sent;

  HelloEncoder(MemberLink link) {
    this.link = link;
  }

  @Override
  public void handlerAdded() {
    initDstBuffer(MemberHandshake.HELLO_LENGTH);
  }

  /** Hides how a stranger has ended its connection: Hazelcast would log a stack trace. */
  @Override
  public void interceptError(Throwable error) throws Throwable {
    if (error instanceof IOException && !(error instanceof EOFException)) {
      throw new EOFException(error.getMessage());
    }
  }

  @Override
  public HandlerStatus onWrite() {
    IOUtil.compactOrClear(dst);
    try {
      if (!sent) {
        byte[] hello = link.hello();
        if (hello == null) {
          return HandlerStatus.BLOCKED;
        }
        dst.put(hello);
        sent = true;
        return HandlerStatus.DIRTY;
      }
      if (dst.position() > 0) {
        return HandlerStatus.DIRTY;
      }
      RecordSealer sealer = link.sealer();
      if (sealer == null) {
        return HandlerStatus.BLOCKED;
      }
      channel.outboundPipeline().replace(this, new RecordEncoder(sealer));
      return HandlerStatus.CLEAN;
    } finally {
      dst.flip();
    }
  }
}
