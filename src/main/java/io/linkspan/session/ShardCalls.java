package io.linkspan.session;

import io.linkspan.delivery.ShardSender;
import io.linkspan.presence.Presence;
import io.linkspan.routing.Recipient;
import io.linkspan.session.replica.PartitionGuard;
import io.linkspan.session.replica.Replicator;
import io.linkspan.session.transfer.SessionTransfer;
import io.linkspan.wire.Adopt;
import io.linkspan.wire.ClaimAnswer;
import io.linkspan.wire.ConfirmAnswer;
import io.linkspan.wire.Flush;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;

/** Dispatches the calls of other shards to the part of this shard that answers them. */
final class ShardCalls {

  private final ShardSender sender;
  private final LocalDelivery local;
  private final SessionTransfer transfer;
  private final SessionLifecycle sessions;
  private final DuplicateSync duplicates;
  private final Replicator replicator;
  private final PartitionGuard guard;
  private final ShardTrace trace;
  private final MailDelivery mail;
  private final Presence presence;

  ShardCalls(
      ShardSender sender,
      LocalDelivery local,
      SessionTransfer transfer,
      SessionLifecycle sessions,
      DuplicateSync duplicates,
      Replicator replicator,
      PartitionGuard guard,
      ShardTrace trace,
      MailDelivery mail,
      Presence presence) {
    this.sender = sender;
    this.local = local;
    this.transfer = transfer;
    this.sessions = sessions;
    this.duplicates = duplicates;
    this.replicator = replicator;
    this.guard = guard;
    this.trace = trace;
    this.mail = mail;
    this.presence = presence;
  }

  /** Answers a call; returns null for one that is not answered. */
  Future<ShardReply> answer(ShardCall call) {
    return switch (call.getCallCase()) {
      case SETTLE -> {
        sender.settle(call.getSettle());
        yield null;
      }
      case FLUSH -> {
        Flush flush = call.getFlush();
        yield local
            .flush(Recipient.of(flush.getTo()), flush.getHops())
            .transform(flushed -> Future.succeededFuture(reply(flushed.succeeded())));
      }
      case CLAIM ->
          // Another shard may own the session: the taker asks again.
          Future.succeededFuture(
              ShardReply.newBuilder()
                  .setClaim(
                      guard.isCertain()
                          ? transfer.answer(call.getClaim())
                          : ClaimAnswer.getDefaultInstance())
                  .build());
      case CONFIRM -> transfer.answer(call.getConfirm()).map(ShardCalls::reply);
      case ADOPT -> {
        Adopt adopt = call.getAdopt();
        yield sessions
            .adopt(adopt.getState(), adopt.getOwner())
            .otherwise(false)
            .map(ShardCalls::reply);
      }
      case ENDED -> {
        duplicates.ended(call.getEnded());
        yield null;
      }
      case FOLLOW -> Future.succeededFuture(duplicates.answer(call.getFollow()));
      case UNFOLLOW -> {
        duplicates.unfollowed(call.getUnfollow());
        yield null;
      }
      case COPY ->
          replicator.apply(call.getCopy())
              ? Future.succeededFuture(reply(true))
              : Future.failedFuture("the owner of the replica is not a member");
      case OFFER -> {
        replicator.offered(call.getOffer());
        yield null;
      }
      case RECALL -> {
        replicator.recall(call.getRecall());
        yield null;
      }
      case FENCE -> {
        guard.adopted(call.getFence());
        yield null;
      }
      case WATCH -> Future.succeededFuture(reply(trace.tracer().watch(call.getWatch())));
      case UNWATCH -> {
        trace.tracer().end(call.getUnwatch());
        yield null;
      }
      case FIND_STEPS -> Future.succeededFuture(trace.find(call.getFindSteps()));
      case ADOPTED ->
          Future.succeededFuture(
              reply(guard.admitsClients() && !replicator.isAdopting(call.getAdopted())));
      case COLLECT -> {
        mail.collect(call.getCollect());
        yield Future.succeededFuture(reply(true));
      }
      case PROBE -> Future.succeededFuture(reply(guard.isMember(call.getProbe())));
      case PRESENCE_WATCH ->
          Future.succeededFuture(reply(presence.answer(call.getPresenceWatch())));
      case PRESENCE_UPDATE ->
          Future.succeededFuture(reply(presence.answer(call.getPresenceUpdate())));
      case PRESENCE_SETTLED ->
          Future.succeededFuture(reply(presence.answer(call.getPresenceSettled())));
      // Frames are for the node of a watcher; a call that is not set is of another version.
      case FRAMES, CALL_NOT_SET -> null;
    };
  }

  private static ShardReply reply(boolean stands) {
    return ShardReply.newBuilder().setConfirm(ConfirmAnswer.newBuilder().setStands(stands)).build();
  }
}
