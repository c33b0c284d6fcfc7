package io.linkspan.session.transfer;

import io.linkspan.wire.SessionState;
import io.vertx.core.Future;

/** A session as the transfer to another shard sees it. */
public interface TransferableSession {

  /** Returns the public id. */
  String id();

  /** Returns whether a claim may have the session. */
  boolean admits(String user, String secret);

  /** Returns whether it is on another shard. */
  boolean hasMoved();

  /** Returns whether it has ended. */
  boolean hasEnded();

  /** Returns the bus address of the shard that has it; null while it is here. */
  String movedTo();

  /**
   * Moves the session to another shard; what still arrives for it is forwarded.
   *
   * @return its whole state
   */
  SessionState depart(String taker);

  /** Completes when what its client sent here cannot be overtaken by what it sends from there. */
  Future<Void> flush();
}
