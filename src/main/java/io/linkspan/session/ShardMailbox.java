package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.bus.LocalNode;
import io.linkspan.bus.LoopAddress;
import io.linkspan.connection.CloseReason;
import io.linkspan.directory.SessionRef;
import io.linkspan.routing.Recipient;
import io.linkspan.wire.ShardCall;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the bus reaches a shard: Messages for its sessions, questions about them, and Messages that
 * services on its event loop send to any client.
 */
public final class ShardMailbox {

  private static final String ACTION = "action";
  private static final String SESSION = "session";

  private final Vertx vertx;
  private final Shard shard;
  private final LoopAddress outbound;
  private final List<MessageConsumer<?>> consumers = new ArrayList<>();

  public ShardMailbox(Vertx vertx, Shard shard) {
    this.vertx = vertx;
    this.shard = shard;
    outbound = LoopAddress.onThisLoop(vertx, Addresses.OUTBOUND);
  }

  /**
   * Starts to listen.
   *
   * @param outboundForAll whether this shard also carries what services on other loops send. One
   *     shard of a node does: with several, the Messages of one service could overtake each other.
   */
  public Future<Void> open(boolean outboundForAll) {
    EventBus bus = vertx.eventBus();
    consumers.add(bus.consumer(shard.address(), this::receive));
    MessageConsumer<Object> local = bus.localConsumer(outbound.local(), this::carry);
    consumers.add(local);
    if (outboundForAll) {
      consumers.add(bus.consumer(Addresses.OUTBOUND, this::carry));
      consumers.add(bus.consumer(Addresses.outboundOf(shard.node()), this::carry));
    }
    return Future.all(consumers.stream().map(MessageConsumer::completion).toList())
        .onSuccess(
            v -> {
              local.endHandler(end -> outbound.withdraw());
              outbound.announce();
              if (outboundForAll) {
                LocalNode.announce(vertx, shard.node());
              }
            })
        .mapEmpty();
  }

  public Future<Void> close() {
    return Future.join(consumers.stream().map(MessageConsumer::unregister).toList()).mapEmpty();
  }

  /** Asks the session's shard to close its link. */
  static void close(EventBus bus, SessionRef session, CloseReason reason) {
    bus.send(
        session.shard(),
        new JsonObject()
            .put(ACTION, "disconnect")
            .put(SESSION, session.session())
            .put("reason", reason.name()));
  }

  private void receive(io.vertx.core.eventbus.Message<Object> request) {
    if (request.body() instanceof Message message) {
      DeliveryCallback settlement = RemoteCallback.of(vertx.eventBus(), request.headers());
      shard
          .local()
          .deliver(
              Recipient.of(message.getTo()),
              message,
              DeliveryScope.of(request.headers()),
              settlement == null ? new BusReply(request, message.getEventId()) : settlement);
    } else if (request.body() instanceof ShardCall call) {
      shard.relocation().answer(request, call);
    } else if (request.body() instanceof JsonObject question) {
      answer(request, question);
    }
  }

  private void carry(io.vertx.core.eventbus.Message<Object> request) {
    if (request.body() instanceof JsonObject) {
      request.reply(new JsonObject().put("node", shard.node()));
      return;
    }
    if (!(request.body() instanceof Message outgoing)) {
      request.fail(ErrorCode.MALFORMED.number(), "the body has to be a Message");
      return;
    }
    Message message = shard.stamp().on(Draft.of(outgoing)).build();
    shard
        .courier()
        .carry(
            Recipient.of(message.getTo()),
            message,
            DeliveryScope.of(request.headers()),
            new BusReply(request, message.getEventId()));
  }

  private void answer(io.vertx.core.eventbus.Message<Object> request, JsonObject question) {
    switch (question.getString(ACTION)) {
      case "ping" -> request.reply(new JsonObject());
      case "sessions" -> request.reply(SessionListing.of(shard, question));
      case "members" -> request.reply(shard.memberships().of(question.getString("group")).size());
      default -> {
        Session session = shard.session(question.getString(SESSION));
        if (session == null) {
          request.fail(ErrorCode.NO_SUCH_RECIPIENT.number(), "the session is not connected");
        } else {
          change(request, question, session);
        }
      }
    }
  }

  private void change(
      io.vertx.core.eventbus.Message<Object> request, JsonObject question, Session session) {
    String group = question.getString("group");
    switch (question.getString(ACTION)) {
      case "disconnect" -> {
        session.close(CloseReason.valueOf(question.getString("reason")));
        request.reply(new JsonObject());
      }
      case "leave" -> {
        shard.memberships().leave(session, group);
        request.reply(new JsonObject());
      }
      default ->
          shard
              .memberships()
              .join(session, group)
              .onComplete(
                  joined -> request.reply(new JsonObject()),
                  failure -> request.reply(MessageException.from(failure).toReply()));
    }
  }
}
