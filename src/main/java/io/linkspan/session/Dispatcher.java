package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.bus.LoopService;
import io.linkspan.routing.Recipient;
import io.linkspan.routing.Route;
import io.linkspan.routing.RoutingTable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.HashMap;
import java.util.Map;

/**
 * Sends each inbound Message where its route says: to a service, to other clients, to whoever waits
 * for it, or to the gateway itself when it joins or leaves a group. Used only on its shard's event
 * loop.
 */
final class Dispatcher {

  private final Vertx vertx;
  private final EventBus bus;
  private final Shard shard;
  private final RoutingTable routes;
  private final RecipientRouter courier;
  private final Groups memberships;
  private final Map<String, LoopService<Message, Origin, Message>> services = new HashMap<>();

  Dispatcher(
      Vertx vertx, Shard shard, RoutingTable routes, RecipientRouter courier, Groups memberships) {
    this.vertx = vertx;
    this.shard = shard;
    this.bus = vertx.eventBus();
    this.routes = routes;
    this.courier = courier;
    this.memberships = memberships;
  }

  void dispatch(InboundRequest handover) {
    Message message = handover.message();
    switch (message.getType()) {
      case Groups.JOIN -> memberships.join(handover);
      case Groups.LEAVE -> memberships.leave(handover);
      default -> {
        if (handover.sender().answered(message)) {
          handover.accepted();
        } else {
          route(handover, message);
        }
      }
    }
  }

  private void route(InboundRequest handover, Message message) {
    Recipient recipient = Recipient.of(message.getTo(), message.getType());
    Route.Destination destination = routes.destination(recipient, message.getType());
    if (destination instanceof Route.Bus service) {
      toService(service, handover, message);
    } else if (destination instanceof Route.Clients clients) {
      Message marked = clients.isVolatile() ? markVolatile(message) : message;
      courier.carry(recipient, marked, handover.sender().terms(), handover);
    } else {
      handover.failed(
          new MessageException(ErrorCode.FORBIDDEN, "no route permits " + describe(message)));
    }
  }

  private static Message markVolatile(Message message) {
    return message.toBuilder().putHeaders(Headers.VOLATILE, "true").build();
  }

  private void toService(Route.Bus service, InboundRequest handover, Message message) {
    Session sender = handover.sender();
    Future<Message> answer = onThisLoop(service.address()).call(message, sender.origin());
    if (answer == null) {
      overTheBus(service, handover, message);
    } else if (service.acceptedIsEnough()) {
      handover.accepted();
    } else if (answer.isComplete()) {
      handover.answered(answer);
    } else {
      handover.givenToService();
      await(answer, service, handover);
    }
  }

  /** An answer may come late, from any thread, or not at all. */
  private void await(Future<Message> answer, Route.Bus service, InboundRequest handover) {
    long timer =
        vertx.setTimer(
            requestOptions(service, handover.sender()).getSendTimeout(),
            id -> handover.answered(Future.failedFuture(new ReplyException(ReplyFailure.TIMEOUT))));
    answer.onComplete(
        ended ->
            shard.run(
                () -> {
                  if (vertx.cancelTimer(timer)) {
                    handover.answered(answer);
                  }
                }));
  }

  private void overTheBus(Route.Bus service, InboundRequest handover, Message message) {
    String address = service.address();
    if (service.acceptedIsEnough()) {
      bus.<Message>sender(address, handover.sender().busOptions())
          .write(message)
          .onComplete(
              written -> handover.accepted(),
              failure -> handover.failed(MessageException.from(failure)));
    } else {
      handover.givenToService();
      bus.<Object>request(address, message, requestOptions(service, handover.sender()))
          .onComplete(handover::replied);
    }
  }

  private static DeliveryOptions requestOptions(Route.Bus service, Session sender) {
    DeliveryOptions options = sender.busOptions();
    return service.requestTimeout() == null
        ? options
        : new DeliveryOptions()
            .setHeaders(options.getHeaders())
            .setSendTimeout(service.requestTimeout().toMillis());
  }

  private LoopService<Message, Origin, Message> onThisLoop(String address) {
    LoopService<Message, Origin, Message> service = services.get(address);
    if (service == null) {
      service = LoopService.onThisLoop(vertx, address);
      services.put(address, service);
    }
    return service;
  }

  private static String describe(Message message) {
    return "to \"" + message.getTo() + "\" with type \"" + message.getType() + "\"";
  }
}
