package io.linkspan.bus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Everything but the test itself runs on one event loop. */
class OutboundSenderTest {

  private static final OutboundSender.Target NODES =
      new OutboundSender.Target(
          "outbound", id -> "outbound." + id, text -> new RejectedExecutionException(text));

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private OutboundSender sender;

  /** A node that reports its progress when the test allows it. */
  private final class FakeNode {
    final List<String> arrived = new ArrayList<>();
    private final List<Message<Object>> questions = new ArrayList<>();
    private final String id;
    private final MessageConsumer<Object> own;
    private boolean silent;

    FakeNode(String id, boolean silent) throws Exception {
      this.id = id;
      this.silent = silent;
      own = onLoop(() -> vertx.eventBus().consumer(NODES.ofNode().apply(id), this::receive));
    }

    private void receive(Message<Object> request) {
      if (request.body() instanceof StringValue number) {
        arrived.add(number.getValue());
        request.reply(number);
      } else if (silent) {
        questions.add(request);
      } else {
        answer(request);
      }
    }

    void answer(Message<Object> question) {
      question.reply(new JsonObject().put("node", id));
    }

    void report() throws Exception {
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
    BusCodecs.register(vertx, StringValue.class, "s", StringValue.parser());
    sender = onLoop(() -> new OutboundSender(vertx, NODES, true));
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

  /** Lets a node answer when the sender looks for one. */
  private MessageConsumer<Object> elect(FakeNode node) throws Exception {
    return onLoop(() -> vertx.eventBus().consumer(NODES.shared(), node::answer));
  }

  private List<Future<?>> send(int from, int to) throws Exception {
    return onLoop(
        () -> {
          List<Future<?>> sent = new ArrayList<>();
          for (int i = from; i < to; i++) {
            StringValue number = StringValue.of(Integer.toString(i));
            sent.add(sender.request(number, new DeliveryOptions().setSendTimeout(60_000)));
          }
          return sent;
        });
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  @Test
  void inFlightMessagesToANodeAreBounded() throws Exception {
    var node = new FakeNode("one", true);
    elect(node);
    int all = 3 * FlowWindow.MAX_MESSAGES;
    List<Future<?>> sent = send(0, all);
    Awaitility.await().until(() -> node.count() == FlowWindow.MAX_MESSAGES);
    // Messages in flight have arrived by now.
    onLoop(() -> null);
    assertThat(node.count()).isEqualTo(FlowWindow.MAX_MESSAGES);
    node.report();
    TestGateway.await(Future.all(sent));
    assertThat(node.arrived).isEqualTo(numbers(0, all));
  }

  @Test
  void messagesBeyondTheQueueAreRefusedAtOnce() throws Exception {
    var node = new FakeNode("one", true);
    elect(node);
    TestGateway.await(Future.all(send(0, FlowWindow.MAX_MESSAGES)));
    List<Future<?>> waiting =
        send(FlowWindow.MAX_MESSAGES, FlowWindow.MAX_MESSAGES + FlowWindow.MAX_WAITING);
    Future<?> refused = send(0, 1).get(0);
    assertThat(refused.failed()).isTrue();
    assertThat(refused.cause()).isInstanceOf(RejectedExecutionException.class);
    node.report();
    TestGateway.await(Future.all(waiting));
    assertThat(node.arrived)
        .isEqualTo(numbers(0, FlowWindow.MAX_MESSAGES + FlowWindow.MAX_WAITING));
  }

  @Test
  void whenANodeLeavesTheNextOneReceivesLaterMessagesInOrder() throws Exception {
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
  void withoutANodeTheRequestFails() throws Exception {
    Future<?> sent = send(0, 1).get(0);
    Awaitility.await().until(sent::failed);
    assertThat(sent.cause())
        .isInstanceOfSatisfying(
            ReplyException.class,
            failure -> assertThat(failure.failureType()).isEqualTo(ReplyFailure.NO_HANDLERS));
  }
}
