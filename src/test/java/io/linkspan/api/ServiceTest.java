package io.linkspan.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.bus.LoopService;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests services on a bare Vert.x without a gateway. */
@ExtendWith(VertxExtension.class)
class ServiceTest {

  private static final Origin ORIGIN = new Origin("", "", "", "", "");

  private static final DeliveryOptions FROM_ALICE =
      new DeliveryOptions().addHeader(Addresses.USER, "alice").setSendTimeout(500);

  @BeforeEach
  void register(Vertx vertx) {
    MessageCodecs.register(vertx);
  }

  private static Message message(String body) {
    return Message.newBuilder().setBody(body).build();
  }

  @Test
  void theExampleOfTheReadmeAnswers(Vertx vertx, VertxTestContext test) {
    vertx
        .deployVerticle(new OrdersExample())
        .compose(v -> vertx.eventBus().<Message>request("orders", message("tea"), FROM_ALICE))
        .onComplete(
            test.succeeding(
                reply ->
                    test.verify(
                        () -> {
                          assertThat(reply.body().getBody()).isEqualTo("alice ordered tea");
                          test.completeNow();
                        })));
  }

  @Test
  void theObjectItselfReachesALocalConsumer(Vertx vertx, VertxTestContext test) {
    Message sent = message("same");
    vertx
        .eventBus()
        .<Message>consumer(
            "identity",
            received ->
                test.verify(
                    () -> {
                      assertThat(received.body()).isSameAs(sent);
                      test.completeNow();
                    }));
    vertx.eventBus().send("identity", sent);
  }

  @Test
  void aHandlerThatThrowsIsAFailureOfTheServiceNotATimeout(Vertx vertx, VertxTestContext test) {
    Service.register(
            vertx,
            "broken",
            (message, origin) -> {
              throw new MessageException(ErrorCode.FORBIDDEN, "never");
            })
        .compose(v -> vertx.eventBus().request("broken", message(""), FROM_ALICE))
        .onComplete(
            test.failing(
                failure ->
                    test.verify(
                        () -> {
                          assertThat(((ReplyException) failure).failureCode()).isEqualTo(403);
                          test.completeNow();
                        })));
  }

  @Test
  void aFailureCarriesItsRetryTime(Vertx vertx, VertxTestContext test) {
    var refusal = new MessageException(ErrorCode.RATE_LIMITED, "slowly", 1500);
    Service.register(vertx, "busy", (message, origin) -> Future.failedFuture(refusal))
        .compose(v -> vertx.eventBus().request("busy", message(""), FROM_ALICE))
        .onComplete(
            test.failing(
                failure ->
                    test.verify(
                        () -> {
                          MessageException received = MessageException.from(failure);
                          assertThat(received.code()).isEqualTo(ErrorCode.RATE_LIMITED);
                          assertThat(received.getMessage()).isEqualTo("slowly");
                          assertThat(received.retryAfterMs()).isEqualTo(1500);
                          test.completeNow();
                        })));
  }

  @Test
  void afterUnregisteringNobodyIsThere(Vertx vertx, VertxTestContext test) {
    Service.register(vertx, "short", (message, origin) -> Future.succeededFuture())
        .compose(Service::unregister)
        .compose(v -> vertx.eventBus().request("short", message(""), FROM_ALICE))
        .onComplete(
            test.failing(
                failure ->
                    test.verify(
                        () -> {
                          assertThat(((ReplyException) failure).failureType())
                              .isEqualTo(ReplyFailure.NO_HANDLERS);
                          test.completeNow();
                        })));
  }

  /** Says on which thread it served. */
  public static final class WhereVerticle extends VerticleBase {
    @Override
    public Future<?> start() {
      return Service.register(
          vertx,
          "where",
          (message, origin) -> Future.succeededFuture(message(Thread.currentThread().getName())));
    }
  }

  /** Asks from its own event loop, many times. */
  private static final class AskingVerticle extends VerticleBase {
    private final Set<String> otherThreads;

    AskingVerticle(Set<String> otherThreads) {
      this.otherThreads = otherThreads;
    }

    @Override
    public Future<?> start() {
      Future<Message> here =
          LoopService.<Message, Origin, Message>onThisLoop(vertx, "where")
              .call(message(""), ORIGIN);
      Future<Message> answer =
          here != null
              ? here
              : vertx
                  .eventBus()
                  .<Message>request("where", message(""))
                  .map(io.vertx.core.eventbus.Message::body);
      return answer.onSuccess(
          served -> {
            if (!served.getBody().equals(Thread.currentThread().getName())) {
              otherThreads.add(served.getBody());
            }
          });
    }
  }

  @Test
  void aHandlerOnTheSameLoopRunsOnItsOwnContextAndMayThrow(Vertx vertx, VertxTestContext test) {
    AtomicReference<Context> served = new AtomicReference<>();
    Context owner = vertx.getOrCreateContext();
    owner.exceptionHandler(bug -> {});
    owner.runOnContext(
        v ->
            Service.register(
                    vertx,
                    "throwing",
                    (message, origin) -> {
                      served.set(Vertx.currentContext());
                      throw new IllegalStateException("a bug");
                    })
                .onComplete(
                    test.succeeding(
                        service -> {
                          Future<Message> answer =
                              LoopService.<Message, Origin, Message>onThisLoop(vertx, "throwing")
                                  .call(message(""), ORIGIN);
                          test.verify(
                              () -> {
                                assertThat(served.get()).isSameAs(owner);
                                assertThat(MessageException.from(answer.cause()).code())
                                    .isEqualTo(ErrorCode.INTERNAL);
                                test.completeNow();
                              });
                        })));
  }

  @Test
  void anInstancePerLoopServesItsOwnLoop(Vertx vertx, VertxTestContext test) {
    Set<String> otherThreads = ConcurrentHashMap.newKeySet();
    int loops = 2 * Runtime.getRuntime().availableProcessors();
    var onEachLoop = new DeploymentOptions().setInstances(loops);
    vertx
        .deployVerticle(WhereVerticle::new, onEachLoop)
        .compose(v -> vertx.deployVerticle(() -> new AskingVerticle(otherThreads), onEachLoop))
        .onComplete(
            test.succeeding(
                v ->
                    test.verify(
                        () -> {
                          assertThat(otherThreads).isEmpty();
                          test.completeNow();
                        })));
  }

  @Test
  void afterUndeployingTheOtherLoopsInstanceServes(Vertx vertx, VertxTestContext test) {
    vertx
        .deployVerticle(new WhereVerticle())
        .compose(first -> vertx.deployVerticle(new WhereVerticle()).map(first))
        .compose(vertx::undeploy)
        .compose(
            v ->
                vertx.deployVerticle(
                    () -> new AskingVerticle(ConcurrentHashMap.newKeySet()),
                    new DeploymentOptions().setInstances(8)))
        .onComplete(test.succeedingThenComplete());
  }

  @Test
  void failuresOfTheBusBecomeErrorCodes() {
    assertThat(MessageException.from(new ReplyException(ReplyFailure.NO_HANDLERS)).code())
        .isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(MessageException.from(new ReplyException(ReplyFailure.TIMEOUT)).code())
        .isEqualTo(ErrorCode.TIMEOUT);
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(
              MessageException.from(
                      new ReplyException(ReplyFailure.RECIPIENT_FAILURE, code.number(), "why"))
                  .code())
          .isEqualTo(code);
    }
    assertThat(
            MessageException.from(new ReplyException(ReplyFailure.RECIPIENT_FAILURE, -1, null))
                .code())
        .isEqualTo(ErrorCode.INTERNAL);
    assertThat(MessageException.from(new IllegalStateException("secret")).getMessage())
        .doesNotContain("secret");
  }
}
