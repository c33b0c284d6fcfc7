package io.linkspan.api.method;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.api.Service;
import io.linkspan.protocol.methodchannel.Envelope;
import io.linkspan.protocol.methodchannel.JsonMethodCodec;
import io.linkspan.protocol.methodchannel.MethodCall;
import io.linkspan.protocol.methodchannel.MethodCodec;
import io.linkspan.protocol.methodchannel.StandardMethodCodec;
import io.linkspan.translate.MethodTranslator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A method channel between Flutter apps and a service, in the shape of Flutter's Android side.
 *
 * <pre>{@code
 * var orders = MethodChannel.create(vertx, "orders");
 * orders.setMethodCallHandler((call, result) -> {
 *   switch (call.method()) {
 *     case "price" -> result.success(prices.get(call.<String>argument("item")));
 *     default -> result.notImplemented();
 *   }
 * });
 * orders.invokeMethod("session:" + session, "refresh", null);
 * }</pre>
 *
 * <p>Values are null, {@code Boolean}, {@code Integer}, {@code Long}, {@code BigInteger}, {@code
 * Double}, {@code String}, {@code byte[]}, {@code int[]}, {@code long[]}, {@code float[]}, {@code
 * double[]}, and {@code List} and {@code Map} of them. Must be created on the context that uses it;
 * results may be given from any thread.
 */
public final class MethodChannel {

  /** Type of the Messages that carry calls and their answers. */
  public static final String TYPE = MethodTranslator.TYPE;

  /** The format of calls to apps. Calls from apps and answers name their own. */
  public enum Codec {
    /** Flutter's {@code StandardMethodCodec}, the default of a channel. */
    STANDARD,
    /** Flutter's {@code JSONMethodCodec}. */
    JSON;

    /** Returns the media type of the Messages. */
    public String contentType() {
      return codec().contentType();
    }

    MethodCodec codec() {
      return this == JSON ? JsonMethodCodec.INSTANCE : StandardMethodCodec.INSTANCE;
    }
  }

  /**
   * Settings of one channel.
   *
   * @param codec of calls to an app
   * @param maxPending most pending calls, from apps and to apps each; further ones fail with {@code
   *     queue-full}
   * @param timeout time for an answer, on either side; then the call fails with {@code timeout}
   */
  public record Options(Codec codec, int maxPending, Duration timeout) {

    /** The standard codec, 1,000 calls, 30 s. */
    public static final Options DEFAULT =
        new Options(Codec.STANDARD, 1_000, Duration.ofSeconds(30));

    public Options {
      Objects.requireNonNull(codec);
      if (maxPending < 1 || timeout.toMillis() < 1) {
        throw new IllegalArgumentException("maxPending and timeout must be positive");
      }
    }
  }

  /**
   * A call from an app.
   *
   * @param channel as the app names it
   * @param arguments any value of the codec, or null
   * @param origin the caller
   */
  public record Call(String channel, String method, Object arguments, Origin origin) {

    /**
     * Returns one of the arguments; null when it is missing, or there are none.
     *
     * @throws ClassCastException when the arguments are not a map
     */
    // As on Android, the caller knows the type that the app sends.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T> T argument(String key) {
      return arguments == null ? null : (T) ((Map<?, ?>) arguments).get(key);
    }

    /**
     * Returns whether the arguments have this one.
     *
     * @throws ClassCastException when the arguments are not a map
     */
    public boolean hasArgument(String key) {
      return arguments != null && ((Map<?, ?>) arguments).containsKey(key);
    }
  }

  /**
   * Answers one call. Exactly one of the methods is called, once; a further call throws an {@link
   * IllegalStateException}. An {@link IllegalArgumentException} means that the codec has no form
   * for a value; the call can still be answered.
   */
  public interface Result {

    /** Returns a result to the app. */
    void success(Object result);

    /**
     * Reports that the method failed.
     *
     * @param message may be null
     * @param details may be null
     */
    void error(String code, String message, Object details);

    /** Reports that there is no such method. */
    void notImplemented();
  }

  /** Handles the calls of apps. */
  @FunctionalInterface
  public interface Handler {

    /**
     * Called on the context of the channel. The app receives a thrown {@link MessageException} as
     * that error, any other exception as {@code internal}.
     */
    void onMethodCall(Call call, Result result);
  }

  private final Vertx vertx;
  private final String name;
  private final Options options;
  private final GatewayClient apps;
  private final AtomicInteger pendingCalls = new AtomicInteger();
  private final AtomicInteger pendingInvocations = new AtomicInteger();
  private Handler handler;
  private Future<Service> service;

  private MethodChannel(Vertx vertx, String name, Options options) {
    this.vertx = vertx;
    this.name = Objects.requireNonNull(name);
    this.options = options;
    apps = GatewayClient.create(vertx);
  }

  /** Creates a channel. Several channels may have the same name, also on different event loops. */
  public static MethodChannel create(Vertx vertx, String name) {
    return create(vertx, name, Options.DEFAULT);
  }

  /** Does {@link #create(Vertx, String)} with settings. */
  public static MethodChannel create(Vertx vertx, String name, Options options) {
    return new MethodChannel(vertx, name, options);
  }

  /** Does {@link #setMethodCallHandler(String, Handler)} at the bus address that is the name. */
  public Future<Void> setMethodCallHandler(Handler handler) {
    return setMethodCallHandler(name, handler);
  }

  /**
   * Serves the calls that routes send to a bus address; {@code {type: method, to: orders, bus:
   * orders}} is such a route. A further handler replaces the previous one, at its address; null
   * ends the service.
   *
   * @return done when calls can arrive, or no longer arrive
   */
  public Future<Void> setMethodCallHandler(String address, Handler handler) {
    if (handler == null) {
      Future<Service> ended = service;
      service = null;
      return ended == null ? Future.succeededFuture() : ended.compose(Service::unregister);
    }
    this.handler = handler;
    if (service == null) {
      service = Service.register(vertx, address, this::serve);
    }
    return service.mapEmpty();
  }

  /** Does {@link #invokeMethod(String, String, Object, Duration)} with the time of the options. */
  public Future<Object> invokeMethod(String to, String method, Object arguments) {
    return invokeMethod(to, method, arguments, options.timeout());
  }

  /**
   * Calls a method of an app, on any transport, also when the app acknowledges nothing else. The
   * app receives the call again, with the same eventId, if it does not answer within {@code
   * delivery.ackTimeout}.
   *
   * @param to {@code session:ID}, or a user: of several sessions the first answer counts
   * @param timeout time for the answer; the app may receive the call even when it has passed
   * @return the result of the method. Fails with a {@link MethodException} when the app reports a
   *     failure, with a {@link MissingMethodException} when there is no such method, with a {@link
   *     MessageException} when the app was not reached or did not answer, or too many calls are
   *     pending
   * @throws IllegalArgumentException when the codec has no form for the arguments
   */
  public Future<Object> invokeMethod(String to, String method, Object arguments, Duration timeout) {
    if (to.isEmpty() || to.startsWith("group:") || to.startsWith("service:")) {
      throw new IllegalArgumentException("to must name a session or a user, not " + to);
    }
    Message call =
        MethodTranslator.encodeCall(
            name, to, options.codec().codec(), new MethodCall(method, arguments));
    if (!enter(pendingInvocations)) {
      return Future.failedFuture(tooMany());
    }
    return apps.send(call, timeout)
        .onComplete(end -> pendingInvocations.decrementAndGet())
        .map(delivery -> resultOf(delivery.reply(), method));
  }

  private Object resultOf(Message answer, String method) {
    Envelope envelope = answer == null ? null : MethodTranslator.decodeAnswer(answer);
    if (envelope instanceof Envelope.Success success) {
      return success.result();
    }
    if (envelope instanceof Envelope.Failure failure) {
      throw new MethodException(
          failure.code(), failure.message(), failure.details(), failure.stackTrace());
    }
    throw new MissingMethodException(name, method);
  }

  private Future<Message> serve(Message message, Origin origin) {
    MethodCall call = MethodTranslator.decodeCall(message);
    if (!enter(pendingCalls)) {
      return Future.failedFuture(tooMany());
    }
    Promise<Message> answer = Promise.promise();
    // The future ends in time even when the handler never answers, and frees its place.
    Future<Message> inTime =
        answer
            .future()
            .timeout(options.timeout().toMillis(), TimeUnit.MILLISECONDS)
            .onComplete(end -> pendingCalls.decrementAndGet());
    try {
      handler.onMethodCall(
          new Call(message.getTo(), call.method(), call.arguments(), origin),
          new PendingResult(message, answer));
    } catch (RuntimeException e) {
      answer.tryFail(e);
      throw e;
    }
    return inTime.recover(MethodChannel::timedOut);
  }

  private boolean enter(AtomicInteger pending) {
    if (pending.incrementAndGet() <= options.maxPending()) {
      return true;
    }
    pending.decrementAndGet();
    return false;
  }

  private MessageException tooMany() {
    return new MessageException(
        ErrorCode.QUEUE_FULL,
        options.maxPending() + " calls of channel " + name + " are not answered yet");
  }

  private static Future<Message> timedOut(Throwable failure) {
    return Future.failedFuture(
        failure instanceof TimeoutException
            ? new MessageException(ErrorCode.TIMEOUT, "the method did not answer in time")
            : failure);
  }

  /** Answers one call. May be used by any thread. */
  private static final class PendingResult implements Result {

    private final Message call;
    private final Promise<Message> answer;

    PendingResult(Message call, Promise<Message> answer) {
      this.call = call;
      this.answer = answer;
    }

    @Override
    public void success(Object result) {
      reply(MethodTranslator.encodeAnswer(call, new Envelope.Success(result)));
    }

    @Override
    public void error(String code, String message, Object details) {
      reply(
          MethodTranslator.encodeAnswer(call, new Envelope.Failure(code, message, details, null)));
    }

    @Override
    public void notImplemented() {
      reply(MethodTranslator.notImplemented(call));
    }

    private void reply(Message message) {
      if (!answer.tryComplete(message)) {
        throw new IllegalStateException("the call has been answered already");
      }
    }
  }
}
