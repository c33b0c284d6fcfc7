package io.linkspan.cluster.security;

import com.hazelcast.internal.networking.HandlerStatus;
import com.hazelcast.internal.networking.InboundHandler;
import com.hazelcast.internal.nio.IOUtil;
import java.nio.ByteBuffer;

/** Decrypts what another member sends. */
final class RecordDecoder extends InboundHandler<ByteBuffer, ByteBuffer> {

  private final MemberLink link;
  private final RecordOpener opener;
  private boolean rejected;

  RecordDecoder(MemberLink link, RecordOpener opener) {
    this.link = link;
    this.opener = opener;
  }

  @Override
  public void handlerAdded() {
    initSrcBuffer();
  }

  @Override
  public HandlerStatus onRead() {
    src.flip();
    try {
      if (rejected) {
        src.position(src.limit());
        return HandlerStatus.CLEAN;
      }
      return opener.open(src, dst) ? HandlerStatus.CLEAN : HandlerStatus.DIRTY;
    } catch (HandshakeException e) {
      rejected = true;
      link.reject(e);
      return HandlerStatus.CLEAN;
    } finally {
      IOUtil.compactOrClear(src);
    }
  }
}
