package io.linkspan.delivery;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;

/**
 * Callback of a group's Message that is forwarded to a member which has moved. The delivery fails
 * when the member may exist and did not get it; a member that has ended meanwhile need not get it.
 */
public final class MovedMember extends ForwardingCallback {

  private final SessionDirectory directory;
  private final String session;
  private final String address;

  private MovedMember(
      SessionDirectory directory, String session, String address, DeliveryCallback callback) {
    super(callback);
    this.directory = directory;
    this.session = session;
    this.address = address;
  }

  /**
   * Forwards a Message to a member.
   *
   * @param directory tells whether a member that is not there has ended
   * @param session id of the member
   * @param address of the shard that it has moved to
   */
  public static void forward(
      ShardSender sender,
      SessionDirectory directory,
      String session,
      String address,
      Message message,
      DeliveryCallback callback) {
    sender.send(
        address,
        message,
        DeliveryScope.ACCEPTED.only(session),
        new MovedMember(directory, session, address, callback));
  }

  @Override
  public void notHere(String text) {
    directory
        .find(session)
        .onComplete(
            found -> {
              if (found == null) {
                callback.delivered(By.TRANSPORT, null);
              } else {
                failed(new MessageException(ErrorCode.UNAVAILABLE, text));
              }
            },
            unknown -> failed(new MessageException(ErrorCode.UNAVAILABLE, text)));
  }

  @Override
  public boolean isLostWith(Nodes.Node node) {
    return node.hosts(address);
  }

  @Override
  public void lost() {
    failed(new MessageException(ErrorCode.TIMEOUT, "a node with recipients was lost"));
  }
}
