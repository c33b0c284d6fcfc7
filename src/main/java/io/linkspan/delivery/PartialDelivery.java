package io.linkspan.delivery;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.directory.Nodes;

/** Callback of the delivery to one of several shards. */
final class PartialDelivery extends ForwardingCallback {

  private final String address;

  /**
   * @param address of the shard
   */
  PartialDelivery(DeliveryCallback callback, String address) {
    super(callback);
    this.address = address;
  }

  @Override
  public void notHere(String text) {
    callback.notHere(text);
  }

  @Override
  public boolean isLostWith(Nodes.Node node) {
    return node.hosts(address);
  }

  @Override
  public void lost() {
    callback.failed(new MessageException(ErrorCode.TIMEOUT, "a node with recipients was lost"));
  }
}
