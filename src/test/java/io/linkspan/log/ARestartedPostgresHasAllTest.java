package io.linkspan.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.log.LogBounds.WhenFull;
import io.linkspan.testing.PostgresServer;
import io.linkspan.testing.RequiresPostgres;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A PostgreSQL server that ends while a node uses it. */
@RequiresPostgres
class ARestartedPostgresHasAllTest {

  private static final LogBounds ROOMY =
      new LogBounds(100, 10_000, Duration.ofSeconds(10), WhenFull.REFUSE);

  private static List<NewEntry> one(String text) {
    return List.of(new NewEntry(ByteString.copyFromUtf8(text), Long.MAX_VALUE));
  }

  @Test
  void whatWasAppendedIsThereAndTheStoreConnectsAgain() throws InterruptedException {
    Vertx vertx = Vertx.vertx();
    try (var server = PostgresServer.start()) {
      var config =
          new PostgresConfig(
              server.uri(), server.password(), "", 1L << 30, 2, Duration.ofMinutes(1));
      var store = new PostgresLogStore(vertx, config);
      TestGateway.await(store.start());
      TestGateway.await(store.append("user:alice", one("before"), ROOMY, 0));

      server.stop();
      assertThatThrownBy(
              () -> TestGateway.await(store.append("user:alice", one("during"), ROOMY, 0)))
          .isInstanceOfSatisfying(
              MessageException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
      server.restart();

      await()
          .atMost(Duration.ofMinutes(2))
          .ignoreExceptions()
          .until(
              () -> TestGateway.await(store.append("user:alice", one("after"), ROOMY, 0)) != null);
      var page =
          (LogRead.Page) TestGateway.await(store.read("user:alice", LogPosition.START, 9, 99, 0));
      assertThat(page.entries())
          .extracting(entry -> entry.message().toStringUtf8())
          .containsExactly("before", "after");
      TestGateway.await(store.close());
    } finally {
      TestGateway.await(vertx.close());
    }
  }
}
