package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import io.linkspan.revocation.RevocationConfig;
import io.linkspan.revocation.RevocationMetrics;
import io.linkspan.revocation.Revocations;
import io.linkspan.testing.TestGateway;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Two members on loopback, in one JVM. */
class HazelcastRevocationStoreTest {

  private static Revocations start(HazelcastCluster cluster) {
    var revocations =
        new Revocations(
            cluster.vertx(),
            () -> new RevocationConfig(100, Duration.ofHours(1)),
            cluster.revocations(),
            new RevocationMetrics(new SimpleMeterRegistry()));
    TestGateway.await(revocations.start());
    return revocations;
  }

  private static Revocation add(Revocations revocations, Revocation request) {
    return TestGateway.await(revocations.add(request, Source.SERVICE));
  }

  private static void awaitEntries(Revocations revocations, Revocation... expected) {
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(revocations.page(null, 100).revocations())
                    .containsExactlyInAnyOrder(expected));
  }

  @Test
  void entriesReachTheOtherNodeAndOutliveTheirOwn() {
    var members = new TestMembers();
    HazelcastCluster one = members.join("one");
    HazelcastCluster two = members.join("two");
    try {
      Revocations own = start(one);
      Revocations other = start(two);
      Instant end = Instant.now().plusSeconds(600);
      Revocation token = add(own, Revocation.ofToken("t1").because("lost phone"));
      Revocation tokens =
          add(own, Revocation.ofTokens("alice").issuedEarlierThan(Instant.now().minusSeconds(60)));
      Revocation network = add(own, Revocation.ofNetwork("2001:db8::/32").endingAt(end));
      awaitEntries(other, token, tokens, network);

      Revocation later = add(own, Revocation.ofToken("t1").endingAt(token.until().plusSeconds(60)));
      awaitEntries(other, later, tokens, network);
      TestGateway.await(two.revocations().put(token));
      assertThat(TestGateway.await(two.revocations().all())).contains(later);

      TestGateway.await(own.remove(network.id()));
      awaitEntries(other, later, tokens);

      Revocation brief =
          add(other, Revocation.ofUser("bob").endingAt(Instant.now().plusMillis(1_500)));
      Awaitility.await().until(() -> !TestGateway.await(two.revocations().all()).contains(brief));
      awaitEntries(own, later, tokens);

      one.hazelcast().getLifecycleService().terminate();
      // If the other node has no copy yet of a part of the map, it adds its entries again.
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(TestGateway.await(two.revocations().all()))
                      .containsExactlyInAnyOrder(later, tokens));
      awaitEntries(other, later, tokens);
    } finally {
      TestGateway.await(two.vertx().close());
      TestGateway.await(one.vertx().close().otherwiseEmpty());
    }
  }
}
