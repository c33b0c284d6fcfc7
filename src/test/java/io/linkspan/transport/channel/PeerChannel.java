package io.linkspan.transport.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;

/** A channel whose peer reads only while it is told to. */
final class PeerChannel extends EmbeddedChannel {
  boolean reads;
  long taken;
  private boolean small;

  @Override
  protected void doWrite(ChannelOutboundBuffer output) {
    for (Object next; reads && (next = output.current()) != null; ) {
      int size = ((ByteBuf) next).readableBytes();
      if (small && size > 1) {
        ((ByteBuf) next).skipBytes(1);
        output.progress(1);
        taken++;
        return;
      }
      taken += size;
      output.remove();
    }
  }

  void readAll() {
    reads = true;
    small = false;
    flush();
    settle();
  }

  void readOneByte() {
    reads = true;
    small = true;
    flush();
    reads = false;
  }

  long pending() {
    return unsafe().outboundBuffer().totalPendingWriteBytes();
  }

  void settle() {
    for (int i = 0; i < 1_000; i++) {
      runPendingTasks();
    }
  }
}
