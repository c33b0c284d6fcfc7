package io.linkspan.ban;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.Identity;
import io.linkspan.admission.Offence;
import io.linkspan.admission.Offences;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import io.linkspan.revocation.RevocationConfig;
import io.linkspan.revocation.RevocationMetrics;
import io.linkspan.revocation.RevocationStore;
import io.linkspan.revocation.Revocations;
import io.linkspan.testing.TestGateway;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two nodes and a store that passes every change on at once. */
class SharedBansTest {

  private static final Identity ALICE = new Identity("alice", false);
  private static final String HOST = "192.0.2.1";

  private final List<RevocationStore.Listener> listeners = new ArrayList<>();
  private final Vertx vertx = Vertx.vertx();
  private final Revocations atOne = revocations();
  private final Revocations atTwo = revocations();

  private Revocations revocations() {
    return new Revocations(
        vertx,
        () -> new RevocationConfig(100, Duration.ofHours(1)),
        new Store(),
        new RevocationMetrics(new SimpleMeterRegistry()));
  }

  private final class Store implements RevocationStore {
    @Override
    public Future<Void> put(Revocation entry) {
      listeners.forEach(listener -> listener.added(entry));
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> remove(String id) {
      listeners.forEach(listener -> listener.removed(id));
      return Future.succeededFuture();
    }

    @Override
    public Future<Collection<Revocation>> all() {
      return Future.succeededFuture(List.of());
    }

    @Override
    public Future<Void> watch(Listener listener) {
      listeners.add(listener);
      return Future.succeededFuture();
    }
  }

  @BeforeEach
  void start() {
    TestGateway.await(atOne.start());
    TestGateway.await(atTwo.start());
  }

  @AfterEach
  void stop() {
    TestGateway.await(vertx.close());
  }

  private static Offences bans(BanConfig.Mode mode, Revocations revocations, Duration base) {
    return SharedBans.start(
        new BanConfig(
            mode,
            Duration.ofHours(24),
            Map.of(Offence.CONNECT, 1, Offence.FORBIDDEN, 1),
            base,
            2,
            Duration.ofHours(24),
            Duration.ofHours(24),
            List.of()),
        List.of(),
        true,
        revocations,
        new SimpleMeterRegistry());
  }

  private static Revocation only(Revocations revocations) {
    List<Revocation> entries = revocations.page(null, 10).revocations();
    assertThat(entries).hasSize(1);
    return entries.get(0);
  }

  @Test
  void addressThatIsBannedAtOneNodeIsBannedAtTheOther() {
    Offences one = bans(BanConfig.Mode.ON, atOne, Duration.ofHours(1));
    Offences two = bans(BanConfig.Mode.ON, atTwo, Duration.ofHours(1));
    assertThat(one.connect(HOST)).isZero();
    assertThat(two.connect(HOST)).isZero();
    assertThat(one.connect(HOST)).isPositive();
    assertThat(two.connect(HOST)).isPositive();
    Revocation entry = only(atTwo);
    assertThat(entry.kind()).isEqualTo(Revocation.Kind.NETWORK);
    assertThat(entry.value()).isEqualTo(HOST + "/32");
    assertThat(entry.source()).isEqualTo(Source.BAN);
    assertThat(entry.reason()).isEqualTo("connects, level 1");
  }

  @Test
  void removedEntryLiftsTheBanAtEveryNode() {
    Offences one = bans(BanConfig.Mode.ON, atOne, Duration.ofHours(1));
    Offences two = bans(BanConfig.Mode.ON, atTwo, Duration.ofHours(1));
    one.count(Offence.FORBIDDEN, HOST, ALICE);
    assertThat(one.count(Offence.FORBIDDEN, HOST, ALICE)).isPositive();
    assertThat(two.identified(HOST, ALICE)).isPositive();
    assertThat(TestGateway.await(atTwo.remove(only(atTwo).id()))).isTrue();
    assertThat(one.identified(HOST, ALICE)).isZero();
    assertThat(two.identified(HOST, ALICE)).isZero();
  }

  @Test
  void nextBanAtTheOtherNodeIsLonger() {
    Offences one = bans(BanConfig.Mode.ON, atOne, Duration.ofMillis(100));
    Offences two = bans(BanConfig.Mode.ON, atTwo, Duration.ofMillis(100));
    one.connect(HOST);
    assertThat(one.connect(HOST)).isPositive();
    // The first one is counted, the others are over the threshold once the first ban is over.
    Awaitility.await()
        .until(
            () -> {
              two.connect(HOST);
              return atTwo.page(null, 10).revocations().stream()
                  .anyMatch(entry -> entry.reason().endsWith("level 2"));
            });
  }

  @Test
  void dryRunAddsNoEntry() {
    Offences one = bans(BanConfig.Mode.DRY_RUN, atOne, Duration.ofHours(1));
    for (int i = 0; i < 10; i++) {
      assertThat(one.connect(HOST)).isZero();
    }
    assertThat(atOne.page(null, 10).revocations()).isEmpty();
  }

  @Test
  void nothingIsCountedWhenBansAreOff() {
    assertThat(bans(BanConfig.Mode.OFF, atOne, Duration.ofHours(1))).isSameAs(Offences.NONE);
  }

  @Test
  void entriesOfOperatorsAreNotBans() {
    Offences one = bans(BanConfig.Mode.ON, atOne, Duration.ofHours(1));
    Revocation request = Revocation.ofNetwork(HOST).endingAt(Instant.now().plusSeconds(3_600));
    TestGateway.await(atOne.add(request, Source.OPERATOR));
    assertThat(one.connect(HOST)).isZero();
    assertThat(SharedBans.offenderOf(only(atOne))).isNull();
  }
}
