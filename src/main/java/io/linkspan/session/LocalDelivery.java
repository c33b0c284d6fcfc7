package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Outgoing;
import io.linkspan.routing.Recipient;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Delivers to those of a recipient's sessions that a shard has, has had until lately, or is about
 * to have. Used only on the shard's event loop.
 */
final class LocalDelivery {

  private static final DeliveryScope ACCEPTED = new DeliveryScope(null, null, true);

  private final Shard shard;

  /** With those that have moved away lately: what comes for them is passed on. */
  private final Map<String, List<Session>> byUser = new HashMap<>();

  LocalDelivery(Shard shard) {
    this.shard = shard;
  }

  /** The session is to be reached by its user's name. */
  void add(Session session) {
    byUser.computeIfAbsent(session.user(), user -> new ArrayList<>(1)).add(session);
  }

  /** No more. */
  void remove(Session session) {
    byUser.computeIfPresent(
        session.user(), (user, all) -> all.remove(session) && all.isEmpty() ? null : all);
  }

  /** The recipient's sessions that are here, and those that have moved away lately. */
  Collection<Session> sessionsOf(Recipient recipient) {
    return switch (recipient.kind()) {
      case USER -> byUser.getOrDefault(recipient.name(), List.of());
      case GROUP -> shard.memberships().of(recipient.name());
      case SESSION -> {
        List<Session> session = only(recipient.name());
        yield session == null ? List.of() : session;
      }
      case SERVICE, CHANNEL, UNADDRESSED -> List.of();
    };
  }

  /** Null when it is not here. */
  private List<Session> only(String id) {
    Session session = shard.session(id);
    if (session == null) {
      session = shard.relocation().moved(id);
    }
    return session == null ? null : List.of(session);
  }

  /**
   * Delivers a Message.
   *
   * @param settlement told how it ends
   */
  void deliver(
      Recipient recipient, Message message, DeliveryScope terms, DeliveryCallback settlement) {
    if (shard.relocation().holds(recipient, message, terms, settlement)) {
      return;
    }
    if (terms.only() != null) {
      deliver(only(terms.only()), recipient, message, terms, settlement);
      return;
    }
    switch (recipient.kind()) {
      case USER -> deliver(byUser.get(recipient.name()), recipient, message, terms, settlement);
      case SESSION -> deliver(only(recipient.name()), recipient, message, terms, settlement);
      case GROUP -> deliverToGroup(recipient.name(), message, terms, settlement);
      case SERVICE, CHANNEL, UNADDRESSED ->
          settlement.failed(RecipientRouter.noSuchRecipient(recipient));
    }
  }

  private void deliver(
      List<Session> recipients,
      Recipient recipient,
      Message message,
      DeliveryScope terms,
      DeliveryCallback settlement) {
    if (recipients == null) {
      settlement.notHere(RecipientRouter.notConnected(recipient));
      return;
    }
    var outgoing = new Outgoing(message);
    DeliveryCallback first =
        recipients.size() == 1 ? settlement : new FirstOf(settlement, recipients.size());
    // A copy: a session that can not take it may end here.
    for (Session session : List.copyOf(recipients)) {
      if (session.moved()) {
        shard.relocation().forward(session, message, terms, first);
      } else if (!terms.acceptedIsEnough()) {
        session.deliver(outgoing, first);
      } else if (session.deliver(outgoing, null)) {
        shard.replication().whenCopied(() -> first.delivered(By.TRANSPORT, null));
      } else {
        MessageException refusal = session.ended() ? null : session.refusalOf(message);
        first.failed(refusal == null ? RecipientRouter.noSuchRecipient(recipient) : refusal);
      }
    }
  }

  private void deliverToGroup(
      String group, Message message, DeliveryScope terms, DeliveryCallback settlement) {
    var outgoing = new Outgoing(message);
    List<Session> moved = List.of();
    int without = 0;
    MessageException refusal = null;
    // A copy: a session that can not take it may end here.
    for (Session member : shard.memberships().of(group).toArray(Session[]::new)) {
      if (member.id().equals(terms.except())) {
        continue;
      }
      if (member.moved()) {
        moved = new ArrayList<>(moved);
        moved.add(member);
      } else if (!member.deliver(outgoing, null) && !member.ended()) {
        without++;
        refusal = member.refusalOf(message);
      }
    }
    DeliveryCallback whole = moved.isEmpty() ? settlement : new AllOf(settlement, 1 + moved.size());
    for (Session member : moved) {
      shard.relocation().forward(member, message, ACCEPTED, whole);
    }
    if (without == 0) {
      shard.replication().whenCopied(() -> whole.delivered(By.TRANSPORT, null));
    } else {
      whole.failed(
          new MessageException(
              refusal == null ? ErrorCode.NO_SUCH_RECIPIENT : refusal.code(),
              without + " members of the group could not be sent it"));
    }
  }
}
