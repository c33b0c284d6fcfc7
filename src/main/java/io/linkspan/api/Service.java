package io.linkspan.api;

import io.linkspan.bus.LoopService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.internal.ContextInternal;
import java.util.Objects;

/**
 * A consumer of inbound Messages. The sender is acknowledged when the handler's future succeeds,
 * gets the answer in addition when there is one, and an error when it fails.
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
 * <p>Deployed once per event loop, its instances serve the clients of their own loop first, without
 * the bus, which saves each Message two hops between threads and keeps the Messages of one client
 * in order.
 */
public final class Service {

  /** What a service does with one Message. */
  @FunctionalInterface
  public interface Handler {

    /**
     * Called on the context that registered. Order matters to clients: an answer that comes late
     * does not hold up the next Message.
     *
     * @return the answer; a succeeded future with null for "accepted, nothing to say". A failure is
     *     told to the client: a {@link MessageException} or {@link ReplyException} as it is, any
     *     other as {@code internal}. An answer's {@code replyTo} and {@code from} are filled in by
     *     the gateway when they are empty.
     */
    Future<Message> handle(Message message, Origin origin);
  }

  private final MessageConsumer<Message> consumer;

  private Service(Vertx vertx, String address, Handler handler) {
    consumer = vertx.eventBus().consumer(address, request -> serve(request, handler));
  }

  /**
   * Registers a handler at an address. To be called on a verticle's context: when the verticle is
   * undeployed the registration ends with it.
   *
   * @return done when Messages can arrive from anywhere
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

  /** Takes no further Messages; those that have been taken are answered. */
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

  /** Throws what is a bug of the handler, not a refusal. */
  private static Future<Message> answer(Handler handler, Message message, Origin origin) {
    try {
      return Objects.requireNonNull(handler.handle(message, origin), "a handler returned null");
    } catch (MessageException refusal) {
      return Future.failedFuture(refusal);
    }
  }
}
