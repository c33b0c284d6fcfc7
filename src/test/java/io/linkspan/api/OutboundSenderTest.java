package io.linkspan.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.bus.FlowWindow;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Everything but the test itself runs on one event loop. */
class OutboundSenderTest {

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private OutboundSender carrier;

  /** A node of which the test says when it says how far it has come. */
  private final class FakeNode {
    final List<String> arrived = new ArrayList<>();
    private final List<io.vertx.core.eventbus.Message<Object>> questions = new ArrayList<>();
    private final String id;
    private final MessageConsumer<Object> own;
    private boolean silent;

    FakeNode(String id, boolean silent) throws Exception {
      this.id = id;
      this.silent = silent;
      own = onLoop(() -> vertx.eventBus().consumer(Addresses.outboundOf(id), this::receive));
    }

    private void receive(io.vertx.core.eventbus.Message<Object> request) {
      if (request.body() instanceof Message message) {
        arrived.add(message.getEventId());
        request.reply(message);
      } else if (silent) {
        questions.add(request);
      } else {
        answer(request);
      }
    }

    void answer(io.vertx.core.eventbus.Message<Object> question) {
      question.reply(new JsonObject().put("node", id));
    }

    void answers() throws Exception {
      onLoop(
          () -> {
            silent = false;
            questions.forEach(this::answer);
            return null;
          });
    }

    int count() throws Exception {
      return onLoop(arrived::size);
    }
  }

  @BeforeEach
  void start() throws Exception {
    MessageCodecs.register(vertx);
    carrier = onLoop(() -> new OutboundSender(vertx, true));
  }

  @AfterEach
  void stop() {
    TestGateway.await(vertx.close());
  }

  private <T> T onLoop(Callable<T> action) throws Exception {
    Promise<T> done = Promise.promise();
    context.runOnContext(
        v -> {
          try {
            done.complete(action.call());
          } catch (Exception e) {
            done.fail(e);
          }
        });
    return TestGateway.await(done.future());
  }

  /** Who answers when a carrier is looked for. */
  private MessageConsumer<Object> elect(FakeNode node) throws Exception {
    return onLoop(() -> vertx.eventBus().consumer(Addresses.OUTBOUND, node::answer));
  }

  private List<Future<?>> send(int from, int to) throws Exception {
    return onLoop(
        () -> {
          List<Future<?>> sent = new ArrayList<>();
          for (int i = from; i < to; i++) {
            Message message = Message.newBuilder().setEventId(Integer.toString(i)).build();
            sent.add(carrier.request(message, new DeliveryOptions().setSendTimeout(60_000)));
          }
          return sent;
        });
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  @Test
  void aNodeIsGivenNoMoreThanItTakes() throws Exception {
    var node = new FakeNode("one", true);
    elect(node);
    int all = 3 * FlowWindow.MAX_MESSAGES;
    List<Future<?>> sent = send(0, all);
    Awaitility.await().until(() -> node.count() == FlowWindow.MAX_MESSAGES);
    // What was on its way has come by now.
    onLoop(() -> null);
    assertThat(node.count()).isEqualTo(FlowWindow.MAX_MESSAGES);
    node.answers();
    TestGateway.await(Future.all(sent));
    assertThat(node.arrived).isEqualTo(numbers(0, all));
  }

  @Test
  void whatIsTooMuchIsRefusedAtOnce() throws Exception {
    var node = new FakeNode("one", true);
    elect(node);
    TestGateway.await(Future.all(send(0, FlowWindow.MAX_MESSAGES)));
    List<Future<?>> waiting =
        send(FlowWindow.MAX_MESSAGES, FlowWindow.MAX_MESSAGES + FlowWindow.MAX_WAITING);
    Future<?> refused = send(0, 1).get(0);
    assertThat(refused.failed()).isTrue();
    assertThat(((MessageException) refused.cause()).code()).isEqualTo(ErrorCode.QUEUE_FULL);
    node.answers();
    TestGateway.await(Future.all(waiting));
    assertThat(node.arrived)
        .isEqualTo(numbers(0, FlowWindow.MAX_MESSAGES + FlowWindow.MAX_WAITING));
  }

  @Test
  void whatANodeThatIsGoneWasNotGivenGoesToTheNextOneInItsOrder() throws Exception {
    var one = new FakeNode("one", false);
    MessageConsumer<Object> election = elect(one);
    TestGateway.await(Future.all(send(0, 10)));
    TestGateway.await(election.unregister());
    TestGateway.await(one.own.unregister());
    var two = new FakeNode("two", false);
    elect(two);
    TestGateway.await(Future.all(send(10, 1_000)));
    assertThat(one.arrived).isEqualTo(numbers(0, 10));
    assertThat(two.arrived).isEqualTo(numbers(10, 1_000));
  }

  @Test
  void withoutANodeItFails() throws Exception {
    Future<?> sent = send(0, 1).get(0);
    Awaitility.await().until(sent::failed);
    assertThat(MessageException.from(sent.cause()).code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }
}
