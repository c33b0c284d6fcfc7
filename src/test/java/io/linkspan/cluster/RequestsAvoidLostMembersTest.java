package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.linkspan.bus.BusCodecs;
import io.linkspan.bus.OutboundSender;
import io.linkspan.bus.RequestTargets;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Tests requests for which the bus has addresses of a member that was lost: it removes them some
 * time after the loss.
 */
class RequestsAvoidLostMembersTest {

  private static final OutboundSender.Target NODES =
      new OutboundSender.Target("outbound", id -> "outbound." + id, IllegalStateException::new);
  private static final DeliveryOptions LONG = new DeliveryOptions().setSendTimeout(3_600_000);

  private final TestMembers members = new TestMembers();
  private final Map<String, Vertx> nodes =
      Map.of("a", members.join("a").vertx(), "b", members.join("b").vertx());
  private final Vertx service = members.join("c").vertx();
  private final Set<String> lost = new HashSet<>();

  @AfterEach
  void stop() {
    nodes.values().forEach(node -> TestGateway.await(node.close()));
    TestGateway.await(service.close());
  }

  private void serve(String id) {
    Vertx node = nodes.get(id);
    TestGateway.await(
        Future.join(
            node.eventBus().consumer("outbound", request -> answer(request, id)).completion(),
            node.eventBus()
                .consumer("outbound." + id, request -> answer(request, id))
                .completion()));
  }

  /** A node that is lost does not answer. */
  private synchronized void answer(Message<Object> request, String id) {
    if (!lost.contains(id)) {
      request.reply(new JsonObject().put("node", id));
    }
  }

  private synchronized void lose(String id) {
    lost.add(id);
    String member = ((VertxInternal) nodes.get(id)).clusterManager().getNodeId();
    RequestTargets.of(service).memberLost(member);
  }

  @Test
  void nextNodeAnswers() {
    nodes.forEach(
        (id, node) -> BusCodecs.register(node, StringValue.class, "s", StringValue.parser()));
    BusCodecs.register(service, StringValue.class, "s", StringValue.parser());
    nodes.keySet().forEach(this::serve);
    var sender = new OutboundSender(service, NODES, true);
    String first = ask(sender);
    assertThat(ask(sender)).isEqualTo(first);

    lose(first);

    String other = ask(sender);
    assertThat(List.of(first, other)).containsExactlyInAnyOrder("a", "b");
    assertThat(ask(sender)).isEqualTo(other);
  }

  private static String ask(OutboundSender sender) {
    Message<Object> reply = TestGateway.await(sender.request(StringValue.of("?"), LONG));
    return ((JsonObject) reply.body()).getString("node");
  }
}
