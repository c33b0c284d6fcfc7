package io.linkspan.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.util.ReferenceCountUtil;
import java.util.Collection;

/** Handles messages of a pipeline that may hold buffers. */
final class Buffers {

  private Buffers() {}

  /** Returns the bytes of a message; 0 if it has none. */
  static int sizeOf(Object message) {
    if (message instanceof ByteBuf buffer) {
      return buffer.readableBytes();
    }
    return message instanceof ByteBufHolder holder ? holder.content().readableBytes() : 0;
  }

  /** Releases messages, and removes them from the collection, which may be null. */
  static void releaseAll(Collection<?> held) {
    if (held != null) {
      held.forEach(ReferenceCountUtil::release);
      held.clear();
    }
  }
}
