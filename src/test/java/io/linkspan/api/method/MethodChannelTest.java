package io.linkspan.api.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.protocol.methodchannel.Envelope;
import io.linkspan.protocol.methodchannel.MethodCall;
import io.linkspan.testing.Patience;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests method channels on a bare Vert.x without a gateway. */
@ExtendWith(VertxExtension.class)
class MethodChannelTest {

  private static final DeliveryOptions FROM_ALICE =
      new DeliveryOptions().addHeader(Addresses.USER, "alice");

  private Vertx vertx;
  private MethodChannel orders;

  @BeforeEach
  void create(Vertx vertx) {
    this.vertx = vertx;
    orders = channel(1_000, Duration.ofSeconds(30));
  }

  private MethodChannel channel(int maxPending, Duration timeout) {
    var options = new MethodChannel.Options(MethodChannel.Codec.STANDARD, maxPending, timeout);
    return MethodChannel.create(vertx, "orders", options);
  }

  private void handle(MethodChannel.Handler handler) {
    TestGateway.await(orders.setMethodCallHandler(handler));
  }

  private Future<Message> call(MethodChannel.Codec codec, String method, Object arguments) {
    byte[] bytes = codec.codec().encodeCall(new MethodCall(method, arguments));
    Message message =
        Message.newBuilder()
            .setEventId("1")
            .setType(MethodChannel.TYPE)
            .setTo("orders")
            .setContentType(codec.contentType())
            .addAttachments(ByteString.copyFrom(bytes))
            .build();
    return vertx
        .eventBus()
        .<Message>request("orders", message, FROM_ALICE)
        .map(io.vertx.core.eventbus.Message::body);
  }

  private Future<Message> call(String method) {
    return call(MethodChannel.Codec.STANDARD, method, null);
  }

  private static Envelope envelope(MethodChannel.Codec codec, Message answer) {
    return codec.codec().decodeEnvelope(answer.getAttachments(0).asReadOnlyByteBuffer());
  }

  @ParameterizedTest
  @EnumSource
  void aCallIsAnsweredInItsOwnCodec(MethodChannel.Codec codec) {
    handle((call, result) -> result.success(List.of(call.method(), call.<Integer>argument("n"))));
    Message answer = TestGateway.await(call(codec, "get", Map.of("n", 7)));
    assertThat(answer.getType()).isEqualTo("method");
    assertThat(answer.getContentType()).isEqualTo(codec.contentType());
    assertThat(answer.getFrom()).isEqualTo("orders");
    assertThat(envelope(codec, answer)).isEqualTo(new Envelope.Success(List.of("get", 7)));
  }

  @Test
  void argumentsAreReadByTheirName() {
    var origin = new Origin("s", "alice", "websocket", "n", "");
    var with = new MethodChannel.Call("orders", "get", Map.of("a", 1), origin);
    assertThat(with.<Integer>argument("a")).isEqualTo(1);
    assertThat(with.<Integer>argument("b")).isNull();
    assertThat(with.hasArgument("a")).isTrue();
    assertThat(with.hasArgument("b")).isFalse();
    var without = new MethodChannel.Call("orders", "get", null, origin);
    assertThat(without.<Integer>argument("a")).isNull();
    assertThat(without.hasArgument("a")).isFalse();
    var list = new MethodChannel.Call("orders", "get", List.of(), origin);
    assertThatThrownBy(() -> list.argument("a")).isInstanceOf(ClassCastException.class);
  }

  @Test
  void aSecondAnswerIsABugOfTheHandler() {
    BlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
    handle(
        (call, result) -> {
          result.success(1);
          for (Runnable second :
              List.<Runnable>of(
                  () -> result.success(2),
                  () -> result.error("E", null, null),
                  result::notImplemented)) {
            try {
              second.run();
            } catch (IllegalStateException e) {
              thrown.add(e);
            }
          }
        });
    assertThat(envelope(MethodChannel.Codec.STANDARD, TestGateway.await(call("get"))))
        .isEqualTo(new Envelope.Success(1));
    assertThat(thrown).hasSize(3);
  }

  @Test
  void aCallCanBeAnsweredAfterAValueThatCannotBeSent() {
    handle(
        (call, result) -> {
          try {
            result.success(new Object());
          } catch (IllegalArgumentException e) {
            result.error("type", e.getMessage(), null);
          }
        });
    var failure =
        (Envelope.Failure) envelope(MethodChannel.Codec.STANDARD, TestGateway.await(call("get")));
    assertThat(failure.code()).isEqualTo("type");
  }

  @Test
  void anExceptionOfTheHandlerIsARefusalOrAFailureOfTheService() throws Exception {
    BlockingQueue<Throwable> bugs = new LinkedBlockingQueue<>();
    vertx.exceptionHandler(bugs::add);
    handle(
        (call, result) -> {
          throw call.method().equals("refuse")
              ? new MessageException(ErrorCode.FORBIDDEN, "not you")
              : new IllegalStateException("a secret");
        });
    assertThat(number(call("refuse"))).isEqualTo(ErrorCode.FORBIDDEN.number());
    assertThat(number(call("break"))).isEqualTo(ErrorCode.INTERNAL.number());
    assertThat(bugs.poll(Patience.SECONDS, TimeUnit.SECONDS)).hasMessage("a secret");
  }

  private static int number(Future<?> failed) {
    return catchThrowableOfType(ReplyException.class, () -> TestGateway.await(failed))
        .failureCode();
  }

  @Test
  void callsThatAreNotAnsweredAreBoundedInNumber() throws Exception {
    orders = channel(2, Duration.ofSeconds(30));
    BlockingQueue<MethodChannel.Result> open = new LinkedBlockingQueue<>();
    handle((call, result) -> open.add(result));
    Future<Message> first = call("get");
    Future<Message> second = call("get");
    assertThat(number(call("get"))).isEqualTo(ErrorCode.QUEUE_FULL.number());
    // From another thread than the channel's.
    open.take().success("done");
    TestGateway.await(first);
    Future<Message> third = call("get");
    open.take().notImplemented();
    assertThat(TestGateway.await(second).getAttachmentsCount()).isZero();
    open.take().success(null);
    TestGateway.await(third);
  }

  @Test
  void aCallThatIsNotAnsweredInTimeEndsAndMakesRoom() throws Exception {
    orders = channel(1, Duration.ofMillis(20));
    BlockingQueue<MethodChannel.Result> open = new LinkedBlockingQueue<>();
    handle((call, result) -> open.add(result));
    for (int i = 0; i < 2; i++) {
      assertThat(number(call("get"))).isEqualTo(ErrorCode.TIMEOUT.number());
      // Too late, and not the handler's fault.
      open.take().success(null);
    }
  }

  @Test
  void aHandlerThatThrowsLeavesNoCallBehind() {
    orders = channel(1, Duration.ofSeconds(30));
    handle(
        (call, result) -> {
          throw new MessageException(ErrorCode.FORBIDDEN, "never");
        });
    for (int i = 0; i < 3; i++) {
      assertThat(number(call("get"))).isEqualTo(ErrorCode.FORBIDDEN.number());
    }
  }

  @Test
  void aFurtherHandlerReplacesTheOneBeforeAndNoneEndsTheService() {
    handle((call, result) -> result.success(1));
    handle((call, result) -> result.success(2));
    assertThat(envelope(MethodChannel.Codec.STANDARD, TestGateway.await(call("get"))))
        .isEqualTo(new Envelope.Success(2));
    handle(null);
    assertThat(number(call("get"))).isEqualTo(-1);
    handle(null);
    handle((call, result) -> result.success(3));
    assertThat(envelope(MethodChannel.Codec.STANDARD, TestGateway.await(call("get"))))
        .isEqualTo(new Envelope.Success(3));
  }

  @Test
  void invocationsThatAreNotAnsweredAreBoundedInNumberAndTime() {
    BlockingQueue<io.vertx.core.eventbus.Message<Message>> calls = new LinkedBlockingQueue<>();
    vertx.eventBus().<Message>consumer(Addresses.OUTBOUND, calls::add);
    orders = channel(1, Duration.ofMillis(200));
    Future<Object> first = orders.invokeMethod("alice", "refresh", null);
    assertThat(codeOf(orders.invokeMethod("alice", "refresh", null)))
        .isEqualTo(ErrorCode.QUEUE_FULL);
    assertThat(codeOf(first)).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(codeOf(orders.invokeMethod("alice", "refresh", null, Duration.ofMillis(1))))
        .isEqualTo(ErrorCode.TIMEOUT);
  }

  @Test
  void anAnswerOfAnAppThatIsNoneIsMalformed() {
    vertx
        .eventBus()
        .<Message>consumer(
            Addresses.OUTBOUND,
            request ->
                request.reply(
                    Message.newBuilder()
                        .setContentType(request.body().getContentType())
                        .addAttachments(ByteString.copyFromUtf8("garbage"))
                        .build()));
    assertThat(codeOf(orders.invokeMethod("alice", "refresh", null)))
        .isEqualTo(ErrorCode.MALFORMED);
  }

  @Test
  void methodsAreCalledOfSessionsAndUsersOnly() {
    for (String to : List.of("", "group:all", "service:x")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> orders.invokeMethod(to, "refresh", null));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> orders.invokeMethod("alice", "refresh", new Object()));
  }

  private static ErrorCode codeOf(Future<?> failed) {
    return catchThrowableOfType(MessageException.class, () -> TestGateway.await(failed)).code();
  }
}
