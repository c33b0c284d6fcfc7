package io.linkspan.cluster.security;

import com.hazelcast.internal.networking.HandlerStatus;
import com.hazelcast.internal.networking.OutboundHandler;
import com.hazelcast.internal.nio.IOUtil;
import java.nio.ByteBuffer;

/** Encrypts what this member sends. */
final class RecordEncoder extends OutboundHandler<ByteBuffer, ByteBuffer> {

  private final RecordSealer sealer;

  RecordEncoder(RecordSealer sealer) {
    this.sealer = sealer;
  }

  @Override
  public void handlerAdded() {
    initDstBuffer();
  }

  @Override
  public HandlerStatus onWrite() {
    IOUtil.compactOrClear(dst);
    try {
      return sealer.seal(src, dst) ? HandlerStatus.CLEAN : HandlerStatus.DIRTY;
    } finally {
      dst.flip();
    }
  }
}
