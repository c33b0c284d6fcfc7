package io.linkspan.session.replica;

import io.linkspan.session.outbox.OutboxListener;
import io.linkspan.session.outbox.PendingDelivery;
import io.linkspan.wire.Attempts;
import io.linkspan.wire.Change;
import io.linkspan.wire.GroupPosition;
import io.linkspan.wire.Identified;
import io.linkspan.wire.SessionState;
import java.util.function.Supplier;

/**
 * The replica of one session as its owner writes it. Nothing is recorded before {@link #put} and
 * after {@link #drop}, nor for a session that cannot be resumed. Used only on the owner's event
 * loop.
 */
public final class SessionReplica implements OutboxListener {

  /** Serves all sessions without a replica, on all event loops: it never changes. */
  private static final SessionReplica NONE = new SessionReplica(null, "");

  private final Replicator replicator;
  private final String session;
  private boolean live;

  private SessionReplica(Replicator replicator, String session) {
    this.replicator = replicator;
    this.session = session;
  }

  /** Returns the replica of a session that can be resumed. */
  public static SessionReplica of(Replicator replicator, String session) {
    return new SessionReplica(replicator, session);
  }

  /** Returns a replica that stays empty. */
  public static SessionReplica none() {
    return NONE;
  }

  /** Records the whole session; every later change is recorded too. */
  public void put(Supplier<SessionState> state) {
    if (replicator != null) {
      live = true;
      if (isRecording()) {
        replicator.record(change().setPut(state.get()));
      }
    }
  }

  /** Records that the session has ended or moved. */
  public void drop() {
    if (live) {
      if (isRecording()) {
        replicator.record(change().setDropped(true));
      }
      live = false;
    }
  }

  @Override
  public void added(PendingDelivery delivery) {
    if (isRecording()) {
      replicator.record(change().setNumber(delivery.number()).setAdded(delivery.toReplica()));
    }
  }

  @Override
  public void attempted(PendingDelivery delivery) {
    if (isRecording()) {
      replicator.record(
          change()
              .setAttempted(
                  Attempts.newBuilder()
                      .setNumber(delivery.number())
                      .setFailed(delivery.failedAttempts())));
    }
  }

  @Override
  public void removed(PendingDelivery delivery) {
    if (isRecording()) {
      replicator.record(change().setRemoved(delivery.number()));
    }
  }

  @Override
  public void anchored(String offset) {
    if (isRecording()) {
      replicator.record(change().setAnchor(offset));
    }
  }

  /** Records that the session has joined a group. */
  public void joined(String group) {
    if (isRecording()) {
      replicator.record(change().setJoined(group));
    }
  }

  /** Records that the session has left a group. */
  public void left(String group) {
    if (isRecording()) {
      replicator.record(change().setLeft(group));
    }
  }

  /** Records that the session watches a group. */
  public void watched(String group) {
    if (isRecording()) {
      replicator.record(change().setWatched(group));
    }
  }

  /** Records that the session does not watch a group any more. */
  public void unwatched(String group) {
    if (isRecording()) {
      replicator.record(change().setUnwatched(group));
    }
  }

  /** Records up to which position of a group's history the session has everything. */
  public void placed(String group, long epoch, long offset) {
    if (isRecording()) {
      replicator.record(
          change()
              .setPlaced(
                  GroupPosition.newBuilder().setGroup(group).setEpoch(epoch).setOffset(offset)));
    }
  }

  /** Records that the session has lost its link. */
  public void away() {
    if (isRecording()) {
      replicator.record(change().setAway(true));
    }
  }

  /**
   * Records the identity of the client.
   *
   * @param tokenId null without a token
   * @param issuedAt in milliseconds since 1970; 0 when that is not known
   */
  public void identified(String tokenId, long issuedAt) {
    if (isRecording()) {
      replicator.record(
          change()
              .setIdentified(
                  Identified.newBuilder()
                      .setTokenId(tokenId == null ? "" : tokenId)
                      .setIssuedAt(issuedAt)));
    }
  }

  private boolean isRecording() {
    return live && replicator.isRecording();
  }

  private Change.Builder change() {
    return Change.newBuilder().setSession(session);
  }
}
