package io.linkspan.delivery;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.permission.Action;
import io.linkspan.routing.Recipient;
import io.linkspan.routing.Route;
import io.linkspan.routing.RoutingTable;

/**
 * Sends each inbound Message where its route says: to a service, to other clients, or to the
 * gateway itself when it joins or leaves a group. Used only on its shard's event loop.
 */
public final class Dispatcher {

  /** Type of a Message that cancels the streamed answer to the request in its {@code replyTo}. */
  public static final String CANCEL = "cancel_stream";

  private final RoutingTable routes;
  private final ServiceCaller services;
  private final RecipientRouter clients;
  private final GroupRequests groups;

  /** Creates the dispatcher of one shard. */
  public Dispatcher(
      RoutingTable routes, ServiceCaller services, RecipientRouter clients, GroupRequests groups) {
    this.routes = routes;
    this.services = services;
    this.clients = clients;
    this.groups = groups;
  }

  /** Dispatches a Message; the exchange ends exactly once, now or later. */
  public void dispatch(InboundExchange exchange) {
    Message message = exchange.message();
    if (GroupRequests.isGroupRequest(message.getType())) {
      groups.change(exchange);
      return;
    }
    if (message.getType().equals(CANCEL)) {
      cancel(exchange);
      return;
    }
    Recipient recipient = Recipient.of(message.getTo(), message.getType());
    if (!exchange.sender().mayDoEverything() && !isPermitted(exchange, recipient)) {
      forbid(exchange, "no permission to send ");
      return;
    }
    if (recipient.kind() == Recipient.Kind.GROUP && Addresses.isGroupOfStream(recipient.name())) {
      forbid(exchange, "no client may send ");
      return;
    }
    RoutingTable.Entry entry = routes.find(recipient, message.getType());
    if (entry == null) {
      routes.missed();
      forbid(exchange, "no route permits ");
      return;
    }
    entry.hit();
    Route.Destination destination = entry.route().destination();
    if (destination instanceof Route.Bus service) {
      exchange.routed(service.address());
      services.call(service, exchange);
    } else if (destination instanceof Route.Clients route) {
      exchange.routed(recipient.kind().label());
      Message routed = exchange.message();
      clients.route(recipient, RouteMarks.mark(routed, route), exchange.sender().scope(), exchange);
    }
  }

  /** Cancels a stream of the sender's own session, for which it needs no permission. */
  private void cancel(InboundExchange exchange) {
    if (exchange.message().getReplyTo().isEmpty()) {
      exchange.failed(
          new MessageException(
              ErrorCode.MALFORMED, "replyTo must be the eventId of the request to cancel"));
    } else {
      services.cancel(exchange);
    }
  }

  private static void forbid(InboundExchange exchange, String why) {
    exchange.failed(new MessageException(ErrorCode.FORBIDDEN, why + describe(exchange.message())));
    exchange.sender().offended();
  }

  private boolean isPermitted(InboundExchange exchange, Recipient recipient) {
    Sender sender = exchange.sender();
    String type = exchange.message().getType();
    if (recipient.kind() != Recipient.Kind.GROUP) {
      return sender.decide(Action.SEND, recipient.address(), type).allows();
    }
    String group = recipient.name();
    return sender
        .decide(Action.PUBLISH, group, type)
        .allows(() -> groups.isMember(sender.session(), group));
  }

  private static String describe(Message message) {
    return "to \"" + message.getTo() + "\" with type \"" + message.getType() + "\"";
  }
}
