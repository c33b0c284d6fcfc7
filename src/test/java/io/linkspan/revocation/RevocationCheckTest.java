package io.linkspan.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Identity;
import io.linkspan.api.Revocation;
import io.linkspan.connection.CloseReason;
import io.linkspan.testing.TestRevocations;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RevocationCheckTest {

  private final TestRevocations revoked = new TestRevocations();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final RevocationCheck check =
      new RevocationCheck(revoked, new RevocationMetrics(registry));

  private static ConnectRefusedException refusal(ThrowingCallable action) {
    return catchThrowableOfType(ConnectRefusedException.class, action);
  }

  private double refused(String kind) {
    return registry.get("linkspan.revocation.refused").tag("kind", kind).counter().count();
  }

  private static Identity identity(String tokenId) {
    return new Identity("alice", false, tokenId, 1_000, Identity.NEVER, "", null, List.of());
  }

  @Test
  void clientThatIsNotRevokedPasses() {
    assertThatCode(
            () -> {
              check.checkAddress("192.0.2.1");
              check.check(identity("t1"));
            })
        .doesNotThrowAnyException();
    assertThat(check.refuses(identity("t1"))).isFalse();
  }

  @Test
  void revokedTokenNeedsAnotherOne() {
    revoked.add(Revocation.ofToken("t1"));
    ConnectRefusedException refusal = refusal(() -> check.check(identity("t1")));
    assertThat(refusal.reason()).isEqualTo(CloseReason.UNAUTHENTICATED);
    assertThat(refusal.retryAfterMs()).isZero();
    assertThat(check.refuses(identity("t1"))).isTrue();
    assertThat(refused("token")).as("a question is not counted").isEqualTo(1);
  }

  @Test
  void blockedClientLearnsForHowLongAndNotWhy() {
    Instant end = Instant.now().plusSeconds(60);
    revoked.add(Revocation.ofUser("alice").endingAt(end).because("secret"));
    revoked.add(Revocation.ofNetwork("192.0.2.0/24").endingAt(end).because("secret"));
    for (ConnectRefusedException refusal :
        List.of(
            refusal(() -> check.check(identity("t1"))),
            refusal(() -> check.checkAddress("192.0.2.1")))) {
      assertThat(refusal.reason()).isEqualTo(CloseReason.FORBIDDEN);
      assertThat(refusal.retryAfterMs()).isBetween(1L, 60_000L);
      assertThat(refusal.isTemporary()).isFalse();
      assertThat(refusal).hasMessageNotContaining("secret");
    }
    assertThat(refused("user")).isEqualTo(1);
    assertThat(refused("network")).isEqualTo(1);
  }

  @Test
  void nobodyIsAdmittedWhileEntriesOfOthersAreMissing() {
    var incomplete =
        new RevokedClients() {
          @Override
          public boolean isComplete() {
            return false;
          }

          @Override
          public Revocation find(String user, String tokenId, long issuedAt) {
            return null;
          }

          @Override
          public Revocation findNetwork(String address) {
            return null;
          }

          @Override
          public void listen(Consumer<Revocation> listener) {
            // No entry is added.
          }
        };
    var early = new RevocationCheck(incomplete, new RevocationMetrics(new SimpleMeterRegistry()));
    ConnectRefusedException refusal = refusal(() -> early.checkAddress("192.0.2.1"));
    assertThat(refusal.reason()).isEqualTo(CloseReason.SERVER_ERROR);
    assertThat(refusal.isTemporary()).isTrue();
  }
}
