package io.linkspan.cluster.security;

import com.hazelcast.internal.networking.Channel;
import com.hazelcast.internal.server.ServerConnection;

/**
 * One connection between members, from the handshake on. Shared by the thread that reads it and the
 * thread that writes it.
 */
final class MemberLink {

  private final Channel channel;
  private final MemberHandshake handshake;
  private final PendingPeers pending;
  private final RejectedPeers rejected;

  /** Written once by the thread that reads, then read by the thread that writes. */
  private volatile MemberHandshake.Sealed sealed;

  MemberLink(
      Channel channel, ClusterSecrets secrets, PendingPeers pending, RejectedPeers rejected) {
    this.channel = channel;
    this.pending = pending;
    this.rejected = rejected;
    handshake = new MemberHandshake(secrets, channel.isClientMode());
  }

  /** Returns the hello that this side sends now; null while it waits for the other side's. */
  byte[] hello() {
    if (!channel.isClientMode() && sealed == null) {
      return null;
    }
    synchronized (handshake) {
      return handshake.hello();
    }
  }

  /** Returns what encrypts the outgoing bytes; null before the handshake. */
  RecordSealer sealer() {
    MemberHandshake.Sealed both = sealed;
    return both == null ? null : both.outgoing();
  }

  /** Reads the other side's hello and wakes up the writing side. */
  RecordOpener accept(byte[] hello) {
    MemberHandshake.Sealed both;
    synchronized (handshake) {
      both = handshake.accept(hello);
    }
    sealed = both;
    pending.remove(channel);
    channel.outboundPipeline().wakeup();
    return both.incoming();
  }

  /** Closes the connection of a peer that is not a member. */
  void reject(HandshakeException why) {
    rejected.add(channel.remoteSocketAddress(), why.getMessage());
    close("rejected: " + why.getMessage());
  }

  /** Closes the connection of a peer that has not said anything in time. */
  void giveUp() {
    close("no handshake in time");
  }

  private void close(String why) {
    ServerConnection connection =
        (ServerConnection) channel.attributeMap().get(ServerConnection.class);
    // Without a cause: Hazelcast would log its stack trace.
    connection.close(why, null);
  }
}
