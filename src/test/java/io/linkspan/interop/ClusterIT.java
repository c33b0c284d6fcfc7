package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.AckMessage;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.linkspan.api.SessionEvent;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.SessionQuery;
import io.linkspan.api.cluster.ClusterMember;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.ClusterProcess.Answer;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.ServiceProcess;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs three gateways in processes of their own, and a service in this process that joins them. A
 * test that stops a node starts that node itself, as the fourth. Every test has its own users,
 * groups and addresses, and begins with the three nodes alone.
 */
class ClusterIT {

  private static final int NODES = 3;

  @TempDir private static Path folder;
  private static ClusterProcess cluster;
  private static Path configuration;
  private static Vertx service;
  private static GatewayClient clients;
  private static final Queue<SessionEvent> EVENTS = new ConcurrentLinkedQueue<>();

  /** Prints the output of all nodes after a failure. */
  @RegisterExtension
  static final AfterTestExecutionCallback OUTPUT_OF_FAILURES =
      test -> test.getExecutionException().ifPresent(failure -> cluster.print(System.out));

  @BeforeAll
  static void start() throws Exception {
    Path routes =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            routes:
              - {to: "", bus: inbound}
              - {to: "service:orders", bus: orders}
              - {to: "user:*"}
              - {to: "group:*"}
            """);
    cluster =
        new ClusterProcess(
            NODES,
            1,
            Map.of(
                "LINKSPAN_CLUSTER_HEARTBEAT_TIMEOUT", "6s",
                "LINKSPAN_DELIVERY_REQUESTTIMEOUT", "5s"),
            "--conf",
            routes.toString());
    configuration = Files.writeString(folder.resolve("service.yaml"), cluster.configuration());
    service = await(ClusterMember.join(configuration));
    clients = GatewayClient.create(service);
    await(clients.events(EVENTS::add).completion());
  }

  @AfterAll
  static void stop() {
    try {
      if (service != null) {
        await(service.close());
      }
    } finally {
      if (cluster != null) {
        cluster.close();
      }
    }
  }

  /** Waits until the fourth node of the test before has left all three. */
  @BeforeEach
  void awaitThreeNodes() {
    cluster.awaitMembers(cluster.node(0), cluster.node(1), cluster.node(2));
  }

  private static <T> T await(Future<T> future) {
    return TestGateway.await(future);
  }

  private static ConditionFactory eventually() {
    return Awaitility.await();
  }

  private static Message message(String eventId, String to) {
    return Message.newBuilder().setEventId(eventId).setTo(to).setType("text").build();
  }

  private static void join(WebSocketTestClient client, String group) {
    client.send(
        Message.newBuilder()
            .setEventId("join-" + group)
            .setType("join_group")
            .setBody(group)
            .build());
    assertThat(client.receiveAck()).isEqualTo("join-" + group);
  }

  private static List<SessionInfo> sessionsOf(String user) {
    return await(clients.sessions(user));
  }

  private static String sessionOf(String user) {
    return eventually()
        .until(() -> sessionsOf(user), sessions -> sessions.size() == 1)
        .get(0)
        .session();
  }

  /** Nodes remember the sessions of a user until they are notified of a change. */
  private static void awaitPresence(String user, int sessions) {
    eventually().until(() -> await(clients.presence(user)) == sessions);
  }

  private static void awaitMembersOfGroup(String group, int members) {
    eventually().until(() -> await(clients.members(group)) == members);
  }

  private static List<SessionEvent> events(String event, String user) {
    return EVENTS.stream()
        .filter(e -> e.type().label().equals(event) && e.user().equals(user))
        .toList();
  }

  @Test
  void everyNodeNamesAllNodesInTheSameOrder() {
    List<String> ids =
        IntStream.range(0, NODES)
            .mapToObj(node -> cluster.get(node, "/v1/node").getString("node"))
            .toList();
    eventually()
        .untilAsserted(
            () -> {
              JsonArray members = members(0);
              assertThat(members).map(Object::toString).containsExactlyInAnyOrderElementsOf(ids);
              for (int node = 0; node < NODES; node++) {
                assertThat(members(node)).isEqualTo(members);
                assertThat(cluster.call(node, "GET", "/health/ready", null).status())
                    .isEqualTo(200);
              }
            });
  }

  @Test
  void aUserIsReachedFromEveryNode() {
    try (WebSocketTestClient bob = cluster.connect(1, "user=reached-bob")) {
      for (int node = 0; node < NODES; node++) {
        try (WebSocketTestClient alice = cluster.connect(node, "user=reached-alice-" + node)) {
          alice.send(message("hello-" + node, "reached-bob"));
          Message received = bob.receiveMessage();
          assertThat(received.getEventId()).isEqualTo("hello-" + node);
          assertThat(received.getFrom()).isEqualTo("reached-alice-" + node);
          bob.acknowledge(received.getEventId());
          assertThat(alice.receiveAck()).isEqualTo("hello-" + node);
          alice.send(message("nobody", "reached-nobody"));
          assertThat(alice.receiveError().getString("code")).isEqualTo("no-such-recipient");
        }
      }
    }
  }

  @Test
  void anEventIdThatAUserSendsThroughEveryNodeIsPassedOnOnce() {
    Queue<String> passedOn = new ConcurrentLinkedQueue<>();
    Service inbound =
        await(
            Service.register(
                service,
                "inbound",
                (order, origin) -> {
                  passedOn.add(order.getEventId());
                  return Future.succeededFuture();
                }));
    try (WebSocketTestClient phone = cluster.connect(0, "user=once");
        WebSocketTestClient laptop = cluster.connect(1, "user=once")) {
      for (WebSocketTestClient device : List.of(phone, laptop)) {
        device.send(message("first", ""));
        assertThat(device.receiveAck()).isEqualTo("first");
      }
      laptop.leave();
      phone.leave();
      awaitPresence("once", 0);
      try (WebSocketTestClient tablet = cluster.connect(2, "user=once")) {
        tablet.send(message("first", ""));
        assertThat(tablet.receiveAck()).isEqualTo("first");
        tablet.send(message("second", ""));
        assertThat(tablet.receiveAck()).isEqualTo("second");
      }
    }
    assertThat(passedOn).containsExactly("first", "second");
    await(inbound.unregister());
  }

  @Test
  void aServiceInAnotherProcessServesAndReachesClientsOfEveryNode() {
    Service inbound =
        await(
            Service.register(
                service,
                "inbound",
                (order, origin) ->
                    Future.succeededFuture(
                        Message.newBuilder()
                            .setBody(origin.user() + " " + order.getBody())
                            .build())));
    for (int node = 0; node < NODES; node++) {
      String user = "served-" + node;
      try (WebSocketTestClient client = cluster.connect(node, "user=" + user)) {
        client.send(Message.newBuilder().setEventId("order").setBody("tea").build());
        assertThat(client.receiveAck()).isEqualTo("order");
        Message answer = client.receiveMessage();
        assertThat(answer.getBody()).isEqualTo(user + " tea");
        assertThat(answer.getReplyTo()).isEqualTo("order");
        client.acknowledge(answer.getEventId());
        var delivery = clients.send(message("unasked", user));
        assertThat(client.receiveMessage().getEventId()).isEqualTo("unasked");
        assertThat(delivery.isComplete()).isFalse();
        client.acknowledge("unasked");
        assertThat(await(delivery).by()).isEqualTo(By.CLIENT);
      }
    }
    await(inbound.unregister());
  }

  @Test
  void theDocumentedServiceTakesOrdersFromAProcessOfItsOwn() throws Exception {
    try (WebSocketTestClient client = cluster.connect(1, "user=ordering")) {
      Message order = message("order", "service:orders").toBuilder().setBody("tea").build();
      try (var orders =
          ServiceProcess.start("OrdersProcess.java", configuration, "orders are taken")) {
        assertThat(orders.output()).doesNotContain("Exception");
        client.send(order);
        assertThat(client.receiveAck()).isEqualTo("order");
        Message answer = client.receiveMessage();
        assertThat(answer.getBody()).isEqualTo("ordering ordered tea");
        client.acknowledge(answer.getEventId());
      }
      // The nodes may not yet know that the service was killed.
      client.send(order.toBuilder().setEventId("late").build());
      assertThat(client.receiveError().getString("code")).isIn("unavailable", "timeout");
    }
  }

  @Test
  void aGroupMessageReachesEveryMemberOnEveryNodeOnce() {
    String group = "everybody / everywhere";
    List<WebSocketTestClient> members = new ArrayList<>();
    for (int i = 0; i < 3 * NODES; i++) {
      WebSocketTestClient member = cluster.connect(i % NODES, "ack=transport&user=member-" + i);
      members.add(member);
      join(member, group);
    }
    JsonObject all = new JsonObject().put("group", group).put("members", members.size());
    for (int node = 0; node < NODES; node++) {
      int at = node;
      eventually()
          .until(() -> cluster.get(at, "/v1/groups/" + ClusterProcess.encoded(group)), all::equals);
    }
    for (int sender = 0; sender < NODES; sender++) {
      for (String eventId : List.of("first-" + sender, "last-" + sender)) {
        members.get(sender).send(message(eventId, "group:" + group));
        assertThat(members.get(sender).receiveAck()).isEqualTo(eventId);
      }
      for (WebSocketTestClient member : members) {
        if (member != members.get(sender)) {
          assertThat(member.receiveMessage().getEventId()).isEqualTo("first-" + sender);
          assertThat(member.receiveMessage().getEventId()).isEqualTo("last-" + sender);
        }
      }
    }
    members.forEach(WebSocketTestClient::close);
    eventually()
        .until(
            () ->
                cluster.get(2, "/v1/groups/" + ClusterProcess.encoded(group)).getInteger("members")
                    == 0);
  }

  @Test
  void fiveThousandMessagesBetweenNodesArriveInOrder() {
    int count = 5_000;
    try (WebSocketTestClient alice = cluster.connect(0, "user=order-alice");
        WebSocketTestClient bob = cluster.connect(2, "user=order-bob&ack=transport")) {
      for (String first : List.of("find", "remember")) {
        alice.send(message(first, "order-bob"));
        assertThat(bob.receiveMessage().getEventId()).isEqualTo(first);
        assertThat(alice.receiveAck()).isEqualTo(first);
      }
      for (int i = 0; i < count; i++) {
        alice.send(message(Integer.toString(i), "order-bob"));
      }
      for (int i = 0; i < count; i++) {
        assertThat(bob.receiveMessage().getEventId()).isEqualTo(Integer.toString(i));
      }
      Set<String> acknowledged = new HashSet<>();
      for (int i = 0; i < count; i++) {
        acknowledged.add(alice.receiveAck());
      }
      assertThat(acknowledged).hasSize(count);
    }
  }

  @Test
  void aClientKeepsItsSessionFromNodeToNode() {
    String token = "";
    for (int round = 0; round < 2 * NODES + 1; round++) {
      try (WebSocketTestClient client =
          cluster.connect(round % NODES, "user=wandering&session=" + token)) {
        JsonObject session = new JsonObject(client.receiveMessage().getBody());
        assertThat(session.getBoolean("recovered")).as("round %d", round).isEqualTo(round > 0);
        token = session.getString("session");
      }
    }
  }

  @Test
  void messagesOfAServiceArriveInOrder() {
    int count = 3_000;
    try (WebSocketTestClient bob = cluster.connect(1, "user=service-order&ack=transport")) {
      List<Future<Void>> posted = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        posted.add(clients.post(message(Integer.toString(i), "service-order")));
      }
      for (int i = 0; i < count; i++) {
        assertThat(bob.receiveMessage().getEventId()).isEqualTo(Integer.toString(i));
      }
      await(Future.all(posted));
    }
  }

  @Test
  void theHttpApiOfAnyNodeActsOnClientsOfAnyOther() {
    try (WebSocketTestClient client = cluster.connect(0, "user=managed")) {
      String session = sessionOf("managed");
      String group = "managed/group";
      String member = "/v1/groups/" + ClusterProcess.encoded(group) + "/members/" + session;
      for (int node = 0; node < NODES; node++) {
        assertThat(cluster.call(node, "PUT", member, null).status()).isEqualTo(204);
        assertThat(cluster.call(node, "PUT", member, null).status()).isEqualTo(204);
        JsonObject listed =
            cluster.get(node, "/v1/sessions?group=" + ClusterProcess.encoded(group));
        assertThat(listed.getJsonArray("sessions")).hasSize(1);
        assertThat(listed.getJsonArray("sessions").getJsonObject(0).getString("session"))
            .isEqualTo(session);
        assertThat(cluster.call(node, "DELETE", member, null).status()).isEqualTo(204);
        assertThat(cluster.call(node, "DELETE", member, null).status()).isEqualTo(204);
        assertThat(
                cluster
                    .get(node, "/v1/sessions?group=" + ClusterProcess.encoded(group))
                    .getJsonArray("sessions"))
            .isEmpty();
      }
      Answer accepted =
          cluster.call(2, "POST", "/v1/messages", "{\"eventId\":\"posted\",\"to\":\"managed\"}");
      assertThat(accepted.status()).isEqualTo(202);
      assertThat(client.receiveMessage().getEventId()).isEqualTo("posted");
      awaitPresence("managed", 1);
      assertThat(cluster.call(2, "DELETE", "/v1/sessions/" + session, null).status())
          .isEqualTo(204);
      assertThat(client.closeCode()).isEqualTo(4410);
      awaitPresence("managed", 0);
      eventually()
          .until(() -> cluster.call(1, "DELETE", "/v1/sessions/" + session, null).status() == 404);
    }
  }

  @Test
  void sessionsAreListedPageByPageFromAnyNode() {
    List<WebSocketTestClient> connected = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      connected.add(cluster.connect(i % NODES, "user=paged"));
    }
    List<String> all =
        eventually()
            .until(() -> sessionsOf("paged"), sessions -> sessions.size() == connected.size())
            .stream()
            .map(SessionInfo::session)
            .toList();
    assertThat(all).isSorted();
    for (int node = 0; node < NODES; node++) {
      List<String> listed = new ArrayList<>();
      String next = null;
      do {
        JsonObject page =
            cluster.get(
                node,
                "/v1/sessions?user=paged&transport=websocket&limit=3"
                    + (next == null ? "" : "&cursor=" + next));
        assertThat(page.getJsonArray("sessions")).hasSizeLessThanOrEqualTo(3);
        page.getJsonArray("sessions")
            .forEach(session -> listed.add(((JsonObject) session).getString("session")));
        next = page.getString("next");
      } while (next != null);
      assertThat(listed).isEqualTo(all);
    }
    var page = await(clients.sessions(SessionQuery.ALL.ofUser("paged").atMost(7)));
    assertThat(page.next()).isNull();
    assertThat(page.sessions()).hasSize(7);
    connected.forEach(WebSocketTestClient::close);
  }

  @Test
  void aKilledNodeLosesItsOwnSessionsAndNoOthers() throws Exception {
    try (GatewayProcess victim = cluster.startAnother();
        WebSocketTestClient survivor = cluster.connect(0, "user=kill-survivor")) {
      join(survivor, "kill-group");
      List<WebSocketTestClient> lost =
          IntStream.range(0, 20)
              .mapToObj(i -> WebSocketTestClient.connect(victim.httpPort(), "user=kill-" + i))
              .toList();
      for (WebSocketTestClient client : lost) {
        join(client, "kill-group");
        join(client, "kill-other");
      }
      awaitMembersOfGroup("kill-group", lost.size() + 1);
      eventually().until(() -> events("joined", "kill-19").size() == 2);

      victim.signal("KILL");
      victim.awaitExit();

      eventually().until(() -> events("disconnected", "kill-19").size() == 1);
      eventually()
          .untilAsserted(
              () -> {
                for (int i = 0; i < lost.size(); i++) {
                  String user = "kill-" + i;
                  assertThat(events("disconnected", user)).hasSize(1);
                  assertThat(events("left", user))
                      .extracting(SessionEvent::group)
                      .containsExactlyInAnyOrder("kill-group", "kill-other");
                  assertThat(await(clients.presence(user))).isZero();
                }
                assertThat(await(clients.members("kill-group"))).isEqualTo(1);
                assertThat(members(1)).hasSize(NODES);
              });
      assertThat(events("disconnected", "kill-0").get(0).reason()).isEqualTo("connection-lost");
      assertThat(events("left", "kill-survivor")).isEmpty();
      var delivery = clients.post(message("after", "group:kill-group"));
      assertThat(survivor.receiveMessage().getEventId()).isEqualTo("after");
      await(delivery);
      lost.forEach(WebSocketTestClient::close);
    }
  }

  @Test
  void aTerminatedNodeClosesItsConnectionsAndLeavesNothing() throws Exception {
    try (GatewayProcess leaver = cluster.startAnother();
        WebSocketTestClient client =
            WebSocketTestClient.connect(leaver.httpPort(), "user=leaving")) {
      join(client, "leave-group");
      awaitPresence("leaving", 1);
      assertThat(leaver.terminate()).isZero();
      assertThat(client.closeCode()).isEqualTo(1001);
    }
    eventually().until(() -> events("disconnected", "leaving").size() == 1);
    assertThat(events("disconnected", "leaving").get(0).reason()).isEqualTo("going-away");
    eventually().until(() -> events("left", "leaving").size() == 1);
    awaitPresence("leaving", 0);
    awaitMembersOfGroup("leave-group", 0);
  }

  @Test
  void aFrozenNodeIsRemovedAndRejoins() throws Exception {
    try (GatewayProcess frozen = cluster.startAnother()) {
      GatewayProcess[] all = {cluster.node(0), cluster.node(1), cluster.node(2), frozen};
      cluster.awaitMembers(all);
      try (WebSocketTestClient client =
          WebSocketTestClient.connect(frozen.httpPort(), "user=frozen")) {
        join(client, "frozen-group");
        frozen.signal("STOP");
        cluster.awaitMembers(cluster.node(0), cluster.node(1), cluster.node(2));
        eventually().until(() -> events("disconnected", "frozen").size() == 1);
        eventually().until(() -> events("left", "frozen").size() == 1);
        awaitPresence("frozen", 0);
      }

      frozen.signal("CONT");
      cluster.awaitMembers(all);
      eventually().until(() -> cluster.call(frozen, "GET", "/health/ready", null).status() == 200);
      try (WebSocketTestClient there =
              WebSocketTestClient.connect(frozen.httpPort(), "user=thawed&ack=transport");
          WebSocketTestClient here = cluster.connect(0, "user=warm&ack=transport")) {
        awaitDelivery(there, "warm");
        assertThat(here.receiveMessage().getFrom()).isEqualTo("thawed");
        awaitDelivery(here, "thawed");
        assertThat(sessionOf("thawed")).isNotEmpty();
        awaitPresence("thawed", 1);
      }
    }
  }

  /** Sends until a Message is acknowledged: the first may fail while the nodes merge. */
  private static void awaitDelivery(WebSocketTestClient sender, String user) {
    eventually()
        .until(
            () -> {
              sender.send(message(UUID.randomUUID().toString(), user));
              return sender.receive() instanceof AckMessage;
            });
  }

  private static JsonArray members(int node) {
    return cluster.get(node, "/v1/node").getJsonArray("members");
  }
}
