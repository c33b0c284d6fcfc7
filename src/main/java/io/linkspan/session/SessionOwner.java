package io.linkspan.session;

import io.linkspan.api.Message;
import io.linkspan.connection.CloseReason;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.RemoteCallback;

/**
 * The shard that owns a session, as the session sees it. Used only on its event loop.
 *
 * @param <S> the session
 */
interface SessionOwner<S> {

  /** A client's frame enters the shard. */
  void entered();

  /** Returns whether a client can renew its identity while it is connected. */
  boolean renews();

  /** The client sends new credentials. */
  void renew(S session, Message auth, Receipt receipt);

  /** The link was lost; the session waits for its client. */
  void detached(S session, CloseReason reason);

  /** The session has ended with its link. */
  void closed(S session, CloseReason reason);

  /**
   * The session has ended without a link.
   *
   * @param reason null when the client did not resume it in time
   */
  void expired(S session, CloseReason reason);

  /** The session has moved to another shard. */
  void departed(S session, boolean wasLinked);

  /** The session has ended here, since another shard owns it. */
  void fenced(S session);

  /** Sends a Message to the shard that the session has moved to. */
  void forward(S session, Message message, DeliveryCallback callback);

  /** Returns a form of a callback that other shards can call. */
  RemoteCallback export(DeliveryCallback callback);

  /** Returns whether a shard is on this node, where the user's eventIds are known as well. */
  boolean isOnThisNode(String shard);
}
