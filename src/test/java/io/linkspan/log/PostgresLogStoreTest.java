package io.linkspan.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.log.LogBounds.WhenFull;
import io.linkspan.testing.PostgresServer;
import io.linkspan.testing.RequiresPostgres;
import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The store in a PostgreSQL server of its own. */
@RequiresPostgres
class PostgresLogStoreTest extends LogStoreContract {

  private static final LogBounds ROOMY =
      new LogBounds(100, 10_000, Duration.ofSeconds(10), WhenFull.REFUSE);
  private static final List<NewEntry> ONE =
      List.of(new NewEntry(ByteString.copyFromUtf8("one"), Long.MAX_VALUE));

  private static Vertx vertx;
  private static PostgresServer server;
  private static LogStore store;

  @BeforeAll
  static void start() throws InterruptedException {
    vertx = Vertx.vertx();
    server = PostgresServer.start();
    store = storeOf(server.password());
    TestGateway.await(store.start());
  }

  @AfterAll
  static void end() {
    TestGateway.await(store.close());
    TestGateway.await(vertx.close());
    server.close();
  }

  private static LogStore storeOf(String password) {
    return storeOf(password, 1L << 30);
  }

  private static LogStore storeOf(String password, long total) {
    return new PostgresLogStore(
        vertx, new PostgresConfig(server.uri(), password, "", total, 4, Duration.ofMinutes(1)));
  }

  @Override
  protected LogStore store() {
    return store;
  }

  @Test
  void severalNodesCreateTheTablesAtOnce() {
    LogStore first = storeOf(server.password());
    LogStore second = storeOf(server.password());

    TestGateway.await(Future.all(first.start(), second.start()));
    TestGateway.await(first.append("user:both", ONE, ROOMY, 0));

    var page =
        (LogRead.Page) TestGateway.await(second.read("user:both", LogPosition.START, 9, 9, 0));
    assertThat(page.entries()).hasSize(1);
    TestGateway.await(Future.all(first.close(), second.close()));
  }

  @Test
  void aFullStoreAppendsAgainWhenItHasRoom() {
    LogStore small = storeOf(server.password(), 1);
    TestGateway.await(small.append("user:full", ONE, ROOMY, 0));
    TestGateway.await(small.expire(0));
    assertThatThrownBy(() -> TestGateway.await(small.append("user:full", ONE, ROOMY, 0)))
        .isInstanceOfSatisfying(
            MessageException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.QUEUE_FULL));
    TestGateway.await(small.delete("user:full"));
    TestGateway.await(small.close());

    LogStore roomy = storeOf(server.password());
    TestGateway.await(roomy.expire(0));
    assertThat(TestGateway.await(roomy.append("user:full", ONE, ROOMY, 0)).accepted()).isOne();
    TestGateway.await(roomy.delete("user:full"));
    TestGateway.await(roomy.close());
  }

  @Test
  void aWrongPasswordIsAFailureOfTheStart() {
    LogStore other = storeOf("wrong");

    assertThatThrownBy(() -> TestGateway.await(other.start())).isNotNull();
    TestGateway.await(other.close());
  }

  @Test
  void aNameWithANulCharacterIsRefusedAndHarmsNoOtherAppend() {
    Future<Appended> refused = store.append("user:\0", ONE, ROOMY, 0);
    Future<Appended> other = store.append("user:beside-nul", ONE, ROOMY, 0);

    assertThatThrownBy(() -> TestGateway.await(refused))
        .isInstanceOfSatisfying(
            MessageException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MALFORMED));
    assertThat(TestGateway.await(other).accepted()).isOne();
  }
}
