package io.linkspan.transport.channel;

import io.linkspan.connection.Heartbeat;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;

/**
 * Observes the bytes that were flushed to a channel: how many the socket has not taken, and whether
 * it takes any. Used only on the channel's event loop.
 */
final class OutputProgress {

  private final Channel channel;
  private Object lastOutgoing;
  private long lastPending;
  private long lastProgress;

  OutputProgress(Channel channel) {
    this.channel = channel;
  }

  /** Returns the bytes that the socket of a channel has not taken. May be called on any thread. */
  static long pendingBytes(Channel channel) {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  /** Lets a heartbeat watch what waits, from now until all of it is taken. */
  void watch(Heartbeat heartbeat, long now) {
    moved();
    heartbeat.writeBlocked(now);
  }

  /** Returns what is due at {@code now}, after reporting the writer's progress to the heartbeat. */
  Heartbeat.Action advance(Heartbeat heartbeat, long now) {
    if (heartbeat.watchesWriter()) {
      if (pendingBytes(channel) == 0) {
        heartbeat.writeFree();
      } else if (moved()) {
        heartbeat.writeBlocked(now);
      }
    }
    return heartbeat.advanceTo(now);
  }

  /** Returns whether the peer has taken anything since the last call. */
  boolean moved() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    if (buffer == null) {
      return false;
    }
    Object outgoing = buffer.current();
    long progress = buffer.currentProgress();
    long pending = buffer.totalPendingWriteBytes();
    boolean moved = outgoing != lastOutgoing || progress != lastProgress || pending < lastPending;
    lastOutgoing = outgoing;
    lastProgress = progress;
    lastPending = pending;
    return moved;
  }
}
