package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.Identity;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.permission.PermissionRules;
import io.linkspan.permission.Permissions;
import io.linkspan.permission.TestRules;
import io.linkspan.routing.Glob;
import io.linkspan.routing.Route;
import io.linkspan.routing.RoutingTable;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DispatcherTest {

  private static final String SHARD = ShardAddress.of("a", 0);

  private final List<String> services = new ArrayList<>();
  private final List<String> groups = new ArrayList<>();
  private final List<Message> delivered = new ArrayList<>();
  private final List<DeliveryScope> scopes = new ArrayList<>();
  private final List<String> outcomes = new ArrayList<>();
  private final Dispatcher dispatcher = dispatcher();

  private Dispatcher dispatcher() {
    var time = new VirtualTime();
    var directory = new LocalSessionDirectory();
    directory.add(new SessionRef("s", "bob", SHARD));
    MemoryAccount memory = TestMemory.budget().newAccount();
    var sender =
        new ShardSender(
            new SimulatedBus(time, 1).from(SHARD),
            time,
            new SimulatedNodes(6_000, "a"),
            SHARD,
            memory,
            1_000);
    LocalRouter local =
        (recipient, message, scope, callback) -> {
          delivered.add(message);
          scopes.add(scope);
          callback.delivered(By.CLIENT, null);
        };
    var routes =
        new RoutingTable(
            List.of(
                new Route(Glob.of("service:*"), null, new Route.Bus("orders", false)),
                new Route(Glob.of("user:*"), Glob.of("typing"), Route.Clients.VOLATILE),
                new Route(Glob.of("user:*"), null, Route.Clients.PLAIN)));
    return new Dispatcher(
        routes,
        (service, exchange) -> services.add(service.address()),
        new RecipientRouter(
            time, directory, SHARD, local, sender, memory, () -> true, () -> true, Keeping.NONE),
        new RecordingGroups());
  }

  /** Groups of which Alice is a member of one. */
  private final class RecordingGroups implements GroupRequests {
    @Override
    public boolean isMember(String session, String group) {
      return session.equals("alice-1") && group.equals("hers");
    }

    @Override
    public void change(InboundExchange exchange) {
      groups.add(exchange.message().getBody());
    }
  }

  /** An inbound Message of Alice. */
  private class Exchange implements InboundExchange {
    private final Message message;
    private final Sender sender =
        new Sender("alice-1", "alice", "a", null, null, Duration.ofSeconds(1));

    Exchange(String to, String type, PermissionRules rules) {
      sender.permit(
          new Permissions(() -> rules, new Identity("alice", false)),
          () -> outcomes.add("offended"));
      message = Message.newBuilder().setTo(to).setType(type).setBody("body").build();
    }

    @Override
    public Message message() {
      return message;
    }

    @Override
    public Sender sender() {
      return sender;
    }

    @Override
    public void routed(String destination) {}

    @Override
    public void calls(ServiceRecorder service) {}

    @Override
    public void givenToService() {
      throw new AssertionError("the service is not called");
    }

    @Override
    public void accepted() {
      outcomes.add("accepted");
    }

    @Override
    public void answered(Message answer) {
      outcomes.add("answered");
    }

    @Override
    public void delivered(By by, Message reply) {
      outcomes.add(by.label());
    }

    @Override
    public void failed(MessageException failure) {
      outcomes.add(failure.code().code());
    }
  }

  private void dispatch(String to, String type) {
    dispatcher.dispatch(new Exchange(to, type, PermissionRules.OPEN));
  }

  @Test
  void aServiceIsCalledAtItsAddress() {
    dispatch("service:anything", "order");
    assertThat(services).containsExactly("orders");
    assertThat(outcomes).isEmpty();
  }

  @Test
  void aClientIsDeliveredToWithoutAnEchoToTheSender() {
    dispatch("bob", "chat");
    assertThat(outcomes).containsExactly("client");
    assertThat(scopes).extracting(DeliveryScope::except).containsExactly("alice-1");
    assertThat(delivered.get(0).getHeadersMap()).isEmpty();
  }

  @Test
  void aVolatileRouteMarksTheMessage() {
    dispatch("bob", "typing");
    assertThat(delivered.get(0).getHeadersMap()).containsEntry(Headers.VOLATILE, "true");
  }

  @Test
  void whatNoRoutePermitsIsForbidden() {
    dispatch("group:team", "chat");
    assertThat(outcomes).containsExactly("forbidden", "offended");
  }

  @Test
  void groupRequestsNeedNoRoute() {
    dispatch("", GroupRequests.JOIN);
    dispatch("", GroupRequests.LEAVE);
    assertThat(groups).hasSize(2);
  }

  private String decided(String rules, String to, String type) throws Exception {
    outcomes.clear();
    dispatcher.dispatch(new Exchange(to, type, TestRules.of(rules)));
    return outcomes.isEmpty() ? "called" : outcomes.get(0);
  }

  @Test
  void whatNoRulePermitsIsForbiddenBeforeARouteIsTaken() throws Exception {
    assertThat(decided("- {allow: send, to: \"service:orders\"}", "service:orders", "x"))
        .isEqualTo("called");
    assertThat(decided("- {allow: send, to: \"service:orders\"}", "service:other", "x"))
        .isEqualTo("forbidden");
    assertThat(decided("- {allow: send, to: \"service:orders\"}", "bob", "x"))
        .isEqualTo("forbidden");
    assertThat(outcomes).containsExactly("forbidden", "offended");
    assertThat(services).hasSize(1);
    assertThat(delivered).isEmpty();
  }

  @Test
  void membersMayPublishWhereOthersMayNot() throws Exception {
    String rules = "- {allow: publish, group: \"*\", if: {member: true}}";
    // No route serves groups here: that is the outcome of a Message that was permitted.
    assertThat(decided(rules, "group:other", "x")).isEqualTo("forbidden");
    assertThat(permission(rules, "group:other")).isFalse();
    assertThat(permission(rules, "group:hers")).isTrue();
  }

  private boolean permission(String rules, String to) throws Exception {
    var refused = new ArrayList<String>();
    dispatcher.dispatch(
        new Exchange(to, "x", TestRules.of(rules)) {
          @Override
          public void failed(MessageException failure) {
            refused.add(failure.getMessage());
          }
        });
    return refused.stream().noneMatch(message -> message.startsWith("no permission"));
  }
}
