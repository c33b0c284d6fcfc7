package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.eventbus.MessageConsumer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceRequestsAreCountedTest {

  private TestGateway gateway;
  private TestClient client;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("linkspan.yaml"),
            """
            routes:
              - {to: "service:echo", bus: echo}
              - {to: "service:other", bus: other}
              - {to: "service:told", bus: told, ack: accepted}
            """);
    gateway = TestGateway.start(file, Map.of());
    client = WebSocketTestClient.connect(gateway.httpPort(), "user=alice");
  }

  @AfterEach
  void stop() {
    client.close();
    gateway.close();
  }

  private void request(String to) {
    client.send(Message.newBuilder().setEventId("1").setTo("service:" + to).setType("t").build());
  }

  private double metric(String nameAndLabels) {
    return Scrape.metric(gateway.managementPort(), nameAndLabels);
  }

  private double requests(String service, String outcome) {
    return metric(
        "linkspan_service_requests_total{outcome=\"%s\",service=\"%s\"}"
            .formatted(outcome, service));
  }

  private void serve(MessageConsumer<Message> consumer) {
    TestGateway.await(consumer.completion());
  }

  @Test
  void aServiceHasItsMetricsBeforeTheFirstRequest() {
    assertThat(requests("other", "answered")).isZero();
    assertThat(metric("linkspan_service_unserved_total{service=\"other\"}")).isZero();
    assertThat(metric("linkspan_service_reply_seconds_count{service=\"other\"}")).isZero();
  }

  @Test
  void anAnswerOfAServiceOnTheSameLoopIsCountedAndMeasured() {
    request("echo");
    assertThat(client.receiveAck()).isEqualTo("1");
    assertThat(requests("echo", "answered")).isEqualTo(1);
    assertThat(metric("linkspan_service_reply_seconds_count{service=\"echo\"}")).isEqualTo(1);
    assertThat(metric("linkspan_hand_over_seconds_count")).isEqualTo(1);
  }

  @Test
  void anAcknowledgementOfAServiceOnTheBusIsCountedAndMeasured() {
    serve(gateway.vertx().eventBus().consumer("other", request -> request.reply(null)));
    request("other");
    assertThat(client.receiveAck()).isEqualTo("1");
    assertThat(requests("other", "acknowledged")).isEqualTo(1);
    assertThat(metric("linkspan_service_reply_seconds_count{service=\"other\"}")).isEqualTo(1);
  }

  @Test
  void aRequestThatAServiceRefusesIsCountedByItsCode() {
    serve(
        gateway
            .vertx()
            .eventBus()
            .consumer(
                "other",
                request ->
                    request.reply(new MessageException(ErrorCode.FORBIDDEN, "no").toReply())));
    request("other");
    assertThat(client.receiveError().getString("code")).isEqualTo("forbidden");
    assertThat(requests("other", "forbidden")).isEqualTo(1);
    assertThat(metric("linkspan_service_unserved_total{service=\"other\"}")).isZero();
    assertThat(metric("linkspan_service_reply_seconds_count{service=\"other\"}")).isZero();
  }

  @Test
  void aRequestThatNobodyServesIsCounted() {
    request("other");
    assertThat(client.receiveError().getString("code")).isEqualTo("unavailable");
    assertThat(requests("other", "unavailable")).isEqualTo(1);
    assertThat(metric("linkspan_service_unserved_total{service=\"other\"}")).isEqualTo(1);
  }

  @Test
  void aMessageThatNobodyAcceptsIsCounted() {
    request("told");
    assertThat(client.receiveError().getString("code")).isEqualTo("unavailable");
    assertThat(metric("linkspan_service_unserved_total{service=\"told\"}")).isEqualTo(1);
  }
}
