package io.linkspan.delivery;

import io.linkspan.api.Message;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;

/** Carries calls and Messages between shards, of this node and of others. */
public interface ShardBus {

  /**
   * Calls another shard.
   *
   * @param timeout in milliseconds, at least 1
   * @return the reply; fails as a bus request does
   */
  Future<ShardReply> call(String address, ShardCall call, long timeout);

  /** Sends a call that is not answered. */
  void send(String address, ShardCall call);

  /**
   * Sends a Message to another shard, or to all shards of a node that are concerned.
   *
   * @param origin bus address of the shard that the outcome is reported to; null when none is
   *     wanted
   * @param ticket number of the delivery there
   * @return completes when the Message was written to the connection
   */
  Future<Void> write(
      String address, Message message, DeliveryScope scope, String origin, long ticket);
}
