package io.linkspan.api;

import io.linkspan.bus.LoopService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.internal.ContextInternal;
import java.util.Objects;

/**
 * A consumer of inbound Messages. The client receives an acknowledgement when the handler's future
 * succeeds, then the answer if there is one, and an error when the future fails.
 *
 * <pre>{@code
 * public class Orders extends VerticleBase {
 *   @Override
 *   public Future<?> start() {
 *     return Service.register(vertx, "orders", (order, origin) -> {
 *       String answer = origin.user() + " ordered " + order.getBody();
 *       return Future.succeededFuture(Message.newBuilder().setBody(answer).build());
 *     });
 *   }
 * }
 * }</pre>
 *
 * <p>A service that is deployed once per event loop serves the clients of its own loop first,
 * without the bus. That saves each Message two hops between threads and keeps the Messages of one
 * client in order.
 */
public final class Service {

  /** Handles the Messages of a service. */
  @FunctionalInterface
  public interface Handler {

    /**
     * Called on the context that registered the handler, for the next Message also while earlier
     * futures are pending.
     *
     * @return the answer; a succeeded future with null acknowledges the Message without an answer.
     *     The client receives a failure as an error: a {@link MessageException} or {@link
     *     ReplyException} with its code, any other as {@code internal}. The gateway fills in {@code
     *     replyTo} and {@code from} when they are empty; {@code from} is then the {@code to} of the
     *     request
     */
    Future<Message> handle(Message message, Origin origin);
  }

  private final MessageConsumer<Message> consumer;

  private Service(Vertx vertx, String address, Handler handler) {
    consumer = vertx.eventBus().consumer(address, request -> serve(request, handler));
  }

  /**
   * Registers a handler at an address. Must be called on a verticle's context: the registration
   * ends when the verticle is undeployed.
   *
   * @return done when Messages can arrive from all nodes
   */
  public static Future<Service> register(Vertx vertx, String address, Handler handler) {
    MessageCodecs.register(vertx);
    var context = (ContextInternal) vertx.getOrCreateContext();
    Service service = new Service(vertx, address, handler);
    return service
        .consumer
        .completion()
        .map(
            v -> {
              if (context.isEventLoopContext() && context.inThread()) {
                Runnable withdraw =
                    LoopService.<Message, Origin, Message>onThisLoop(vertx, address)
                        .announce(context, (message, origin) -> answer(handler, message, origin));
                // Also called when the verticle is undeployed, which ends its consumers.
                service.consumer.endHandler(end -> withdraw.run());
              }
              return service;
            });
  }

  /** Ends the registration. Messages that the handler has received are still answered. */
  public Future<Void> unregister() {
    return consumer.unregister();
  }

  private static void serve(io.vertx.core.eventbus.Message<Message> request, Handler handler) {
    Future<Message> answer;
    try {
      answer = answer(handler, request.body(), Origin.of(request.headers()));
    } catch (RuntimeException bug) {
      request.fail(ErrorCode.INTERNAL.number(), "the service failed");
      throw bug;
    }
    answer.onComplete(
        request::reply, failure -> request.reply(MessageException.from(failure).toReply()));
  }

  /** Calls the handler. Throws the exception of a handler that has a bug. */
  private static Future<Message> answer(Handler handler, Message message, Origin origin) {
    try {
      return Objects.requireNonNull(handler.handle(message, origin), "a handler returned null");
    } catch (MessageException refusal) {
      return Future.failedFuture(refusal);
    }
  }
}
