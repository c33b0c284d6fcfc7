package io.linkspan.delivery;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.api.ReservedTypes;
import io.linkspan.bus.LoopService;
import io.linkspan.bus.RequestTargets;
import io.linkspan.routing.Route;
import io.linkspan.translate.ErrorAnswer;
import io.linkspan.translate.MethodTranslator;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Calls services: as a method where one is deployed on this event loop, over the bus else. Used
 * only on its shard's event loop.
 */
public final class VertxServiceCaller implements ServiceCaller {

  private final Vertx vertx;
  private final EventBus bus;
  private final Context context;
  private final ServiceMetrics metrics;
  private final Map<String, Service> services = new HashMap<>();
  private final RequestTargets targets;

  /**
   * A service that was called.
   *
   * @param here calls it where it is deployed on this event loop
   */
  private record Service(LoopService<Message, Origin, Message> here, ServiceRecorder recorder) {}

  /** By the names of the services; one that is reached at another address keeps its own. */
  private final Map<String, ServiceRecorder> recorders = new HashMap<>();

  /** Requests without an answer, by the members of the cluster that they went to. */
  private final Map<String, Set<Request>> requests = new HashMap<>();

  /** Creates the caller of the current event loop. */
  public VertxServiceCaller(Vertx vertx, ServiceMetrics metrics) {
    this.vertx = vertx;
    this.metrics = metrics;
    bus = vertx.eventBus();
    context = vertx.getOrCreateContext();
    targets = RequestTargets.of(vertx);
    targets.watch(member -> context.runOnContext(v -> endRequestsTo(member)));
  }

  @Override
  public void call(Route.Bus service, InboundExchange exchange) {
    Service called = find(service);
    exchange.calls(called.recorder());
    Future<Message> answer =
        called.here().call(exchange.message(), exchange.sender().origin(service));
    if (answer == null) {
      callOverBus(service, called.recorder(), exchange);
    } else if (service.acceptedIsEnough()) {
      exchange.accepted();
    } else if (answer.isComplete()) {
      end(exchange, answer);
    } else {
      exchange.givenToService();
      await(answer, service, exchange);
    }
  }

  @Override
  public void cancel(InboundExchange exchange) {
    bus.publish(
        Addresses.STREAMS,
        new JsonObject()
            .put("action", "cancel")
            .put("session", exchange.sender().session())
            .put("replyTo", exchange.message().getReplyTo()));
    exchange.accepted();
  }

  /** An answer may come late, from any thread, or not at all. */
  private void await(Future<Message> answer, Route.Bus service, InboundExchange exchange) {
    long timer =
        vertx.setTimer(
            exchange.sender().options(service).getSendTimeout(),
            id -> exchange.failed(failureOf(new ReplyException(ReplyFailure.TIMEOUT))));
    answer.onComplete(
        ended ->
            runHere(
                () -> {
                  if (vertx.cancelTimer(timer)) {
                    end(exchange, answer);
                  }
                }));
  }

  private void runHere(Runnable action) {
    if (Vertx.currentContext() == context) {
      action.run();
    } else {
      context.runOnContext(v -> action.run());
    }
  }

  private void callOverBus(Route.Bus service, ServiceRecorder recorder, InboundExchange exchange) {
    Message message = exchange.message();
    if (service.acceptedIsEnough()) {
      bus.<Message>sender(service.address(), exchange.sender().options(service))
          .write(message)
          .onComplete(
              written -> exchange.accepted(),
              failure -> {
                if (isUnserved(failure)) {
                  recorder.unserved();
                }
                exchange.failed(failureOf(failure));
              });
    } else {
      exchange.givenToService();
      DeliveryOptions options = exchange.sender().options(service);
      var request = new Request(exchange, recorder);
      RequestTargets.observe(
              request::onTarget, () -> bus.<Object>request(service.address(), message, options))
          .onComplete(request::onReply);
    }
  }

  private void endRequestsTo(String member) {
    Set<Request> unanswered = requests.remove(member);
    if (unanswered != null) {
      unanswered.forEach(Request::endWithMember);
    }
  }

  /**
   * One request on the bus. It ends once: with its reply or its timeout, or before with the member
   * of the cluster that it went to.
   */
  private final class Request {

    private final InboundExchange exchange;
    private final ServiceRecorder recorder;
    private String member;
    private boolean ended;

    Request(InboundExchange exchange, ServiceRecorder recorder) {
      this.exchange = exchange;
      this.recorder = recorder;
    }

    /** The request goes to another member. Called on any thread. */
    void onTarget(String target) {
      runHere(
          () -> {
            if (ended) {
              return;
            }
            member = target;
            requests.computeIfAbsent(target, name -> new HashSet<>()).add(this);
            // If the member is lost after this, the request is found in the table.
            if (targets.isLost(target)) {
              endRequestsTo(target);
            }
          });
    }

    void onReply(AsyncResult<io.vertx.core.eventbus.Message<Object>> reply) {
      if (ended) {
        return;
      }
      ended = true;
      if (member != null) {
        requests.computeIfPresent(
            member, (name, others) -> others.remove(this) && others.isEmpty() ? null : others);
      }
      if (reply.failed() && isUnserved(reply.cause())) {
        recorder.unserved();
      }
      replied(exchange, reply);
    }

    /** Ends the request. Whether the service has received it is unknown. */
    void endWithMember() {
      ended = true;
      exchange.failed(new MessageException(ErrorCode.TIMEOUT, "the service's node was lost"));
    }
  }

  private static void end(InboundExchange exchange, Future<Message> answer) {
    if (answer.failed()) {
      exchange.failed(failureOf(answer.cause()));
    } else if (answer.result() == null) {
      exchange.accepted();
    } else {
      answered(exchange, answer.result());
    }
  }

  /** An answer of type {@code error} is a refusal; the other reserved types are the gateway's. */
  private static void answered(InboundExchange exchange, Message answer) {
    if (!ReservedTypes.isForged(answer)) {
      exchange.answered(answer);
    } else if (ErrorAnswer.isError(answer)) {
      exchange.failed(ErrorAnswer.refusal(answer));
    } else {
      exchange.failed(ReservedTypes.refusal(answer.getType()));
    }
  }

  private static void replied(
      InboundExchange exchange, AsyncResult<io.vertx.core.eventbus.Message<Object>> reply) {
    if (reply.failed()
        && isUnserved(reply.cause())
        && MethodTranslator.isCall(exchange.message())) {
      // In Flutter, a channel without a handler implements nothing; calling it is not an error.
      exchange.answered(MethodTranslator.notImplemented(exchange.message()));
    } else if (reply.failed()) {
      exchange.failed(failureOf(reply.cause()));
    } else if (reply.result().body() instanceof Message answer) {
      answered(exchange, answer);
    } else {
      exchange.accepted();
    }
  }

  private static boolean isUnserved(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  private static MessageException failureOf(Throwable failure) {
    return MessageException.from(failure);
  }

  private Service find(Route.Bus route) {
    Service service = services.get(route.address());
    if (service == null) {
      ServiceRecorder recorder = recorders.computeIfAbsent(route.name(), metrics::recorder);
      service = new Service(LoopService.onThisLoop(vertx, route.address()), recorder);
      services.put(route.address(), service);
    }
    return service;
  }
}
