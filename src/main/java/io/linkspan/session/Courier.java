package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.routing.Recipient;
import io.vertx.core.AsyncResult;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * Carries a Message to the clients that it names, on whichever shards they are: by a call to the
 * own shard, over the bus to any other. Used only on its shard's event loop.
 */
final class Courier {

  /** Added to the time a shard needs to give up by itself, so that its answer is the one heard. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  private final EventBus bus;
  private final SessionDirectory directory;
  private final Shard shard;
  private final long timeout;

  Courier(EventBus bus, SessionDirectory directory, Shard shard, DeliveryConfig delivery) {
    this.bus = bus;
    this.directory = directory;
    this.shard = shard;
    timeout = delivery.ackTimeout().multipliedBy(delivery.maxAttempts()).plus(MARGIN).toMillis();
  }

  /** Delivers to everybody the recipient stands for; no route is asked. */
  void carry(Recipient recipient, Message message, Terms terms, Settlement settlement) {
    String name = recipient.name();
    switch (recipient.kind()) {
      case USER ->
          directory
              .sessionsOf(name)
              .onComplete(
                  sessions -> toUser(sessions, recipient, message, terms, settlement),
                  failure -> settlement.failed(noDirectory()));
      case SESSION ->
          directory
              .find(name)
              .onComplete(
                  session -> toSession(session, recipient, message, terms, settlement),
                  failure -> settlement.failed(noDirectory()));
      case GROUP ->
          directory
              .shardsOf(name)
              .onComplete(
                  shards -> toGroup(shards, recipient, message, terms, settlement),
                  failure -> settlement.failed(noDirectory()));
      case SERVICE, CHANNEL, UNADDRESSED ->
          settlement.failed(
              new MessageException(
                  ErrorCode.MALFORMED, "to has to name a user, a group or a session"));
    }
  }

  private void toUser(
      List<SessionRef> sessions,
      Recipient recipient,
      Message message,
      Terms terms,
      Settlement settlement) {
    if (sessions.isEmpty()) {
      settlement.failed(noSuchRecipient(recipient));
      return;
    }
    if (sessions.size() == 1) {
      toShard(sessions.get(0).shard(), recipient, message, terms, settlement);
      return;
    }
    List<String> shards = sessions.stream().map(SessionRef::shard).distinct().toList();
    Settlement first = shards.size() == 1 ? settlement : new FirstOf(settlement, shards.size());
    for (String address : shards) {
      toShard(address, recipient, message, terms, first);
    }
  }

  private void toSession(
      SessionRef session,
      Recipient recipient,
      Message message,
      Terms terms,
      Settlement settlement) {
    if (session == null) {
      settlement.failed(noSuchRecipient(recipient));
    } else {
      toShard(session.shard(), recipient, message, terms, settlement);
    }
  }

  private void toGroup(
      Collection<String> shards,
      Recipient recipient,
      Message message,
      Terms terms,
      Settlement settlement) {
    if (shards.isEmpty()) {
      settlement.delivered(By.TRANSPORT, null);
      return;
    }
    Settlement all = shards.size() == 1 ? settlement : new AllOf(settlement, shards.size());
    for (String address : shards) {
      toShard(address, recipient, message, terms, all);
    }
  }

  private void toShard(
      String address, Recipient recipient, Message message, Terms terms, Settlement settlement) {
    if (address.equals(shard.address())) {
      shard.deliver(recipient, message, terms, settlement);
      return;
    }
    var options = new DeliveryOptions().setSendTimeout(timeout);
    terms.addTo(options);
    bus.<Object>request(address, message, options).onComplete(reply -> settle(reply, settlement));
  }

  private static void settle(
      AsyncResult<io.vertx.core.eventbus.Message<Object>> reply, Settlement settlement) {
    if (reply.failed()) {
      settlement.failed(MessageException.from(reply.cause()));
      return;
    }
    By by =
        By.CLIENT.label().equals(reply.result().headers().get(Addresses.BY))
            ? By.CLIENT
            : By.TRANSPORT;
    settlement.delivered(by, reply.result().body() instanceof Message answer ? answer : null);
  }

  private static MessageException noDirectory() {
    return new MessageException(ErrorCode.UNAVAILABLE, "the directory does not answer");
  }

  static MessageException noSuchRecipient(Recipient recipient) {
    return new MessageException(
        ErrorCode.NO_SUCH_RECIPIENT, recipient.address() + " is not connected");
  }
}
