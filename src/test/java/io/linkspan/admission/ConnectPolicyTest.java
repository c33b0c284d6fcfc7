package io.linkspan.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.linkspan.GatewayConfig;
import io.linkspan.connection.CloseReason;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.testing.TestMemory;
import io.linkspan.translate.MessageLimits;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectPolicyTest {

  private final MemoryBudget budget = TestMemory.budget(1 << 20);
  private final MemoryAccount memory = budget.newAccount();
  private final DrainLatch latch = new DrainLatch();
  private String blocked;
  private final ConnectPolicy policy =
      new ConnectPolicy(
          latch,
          () -> new Origins(List.of("https://good.example"), false),
          new Admission(
              () ->
                  new LimitsConfig(
                      0,
                      1,
                      0,
                      1,
                      0,
                      0,
                      1,
                      1,
                      1,
                      0,
                      Duration.ofSeconds(1),
                      LimitsConfig.Pending.unlimited(Duration.ofSeconds(1)),
                      1,
                      0,
                      100,
                      new MessageLimits(1_000, 1_000),
                      Duration.ofSeconds(1))),
          new ClaimedIdentities(new AnonymousUsers(true)),
          new ClientCheck() {
            @Override
            public void checkAddress(String address) throws ConnectRefusedException {
              if (address.equals(blocked)) {
                throw ConnectRefusedException.blocked("this network is blocked", 1_000);
              }
            }

            @Override
            public void check(Identity identity) {
              // The provider has checked it.
            }

            @Override
            public boolean refuses(Identity identity) {
              return false;
            }
          },
          memory);

  @Test
  void refusesOtherOrigins() throws ConnectRefusedException {
    policy.checkOrigin(null, "here.example");
    policy.checkOrigin("https://good.example", "here.example");
    assertThat(refusal(() -> policy.checkOrigin("https://bad.example", "here.example")).reason())
        .isEqualTo(CloseReason.FORBIDDEN);
  }

  @Test
  void refusesMoreLinksOfOneAddressThanAllowedUntilOneEnds() throws ConnectRefusedException {
    policy.enter("a");
    ConnectRefusedException refusal = refusal(() -> policy.enter("a"));
    assertThat(refusal.reason()).isEqualTo(CloseReason.RATE_LIMITED);
    assertThat(refusal.isTemporary()).isTrue();
    policy.enter("b");
    policy.leave("a");
    policy.enter("a");
  }

  @Test
  void refusesABlockedAddressBeforeItTakesAPlace() throws ConnectRefusedException {
    blocked = "a";
    ConnectRefusedException refusal = refusal(() -> policy.enter("a"));
    assertThat(refusal.reason()).isEqualTo(CloseReason.FORBIDDEN);
    assertThat(refusal.retryAfterMs()).isEqualTo(1_000);
    assertThat(refusal.isTemporary()).as("whether it may retry by itself").isFalse();
    blocked = "b";
    policy.enter("a");
  }

  @Test
  void refusesNewLinksDuringADrain() {
    latch.drain();
    ConnectRefusedException refusal = refusal(() -> policy.enter("a"));
    assertThat(refusal.reason()).isEqualTo(CloseReason.GOING_AWAY);
    assertThat(refusal.retryAfterMs()).isPositive();
  }

  @Test
  void admitsAClientWithWhatItStates() {
    var alice = new Credentials("alice", "client", "token");
    ConnectPolicy.Admitted admitted = policy.admit(alice, false).result();
    Identity identity = new Identity("alice", false, admitted.identity().issuedAt());
    assertThat(admitted).isEqualTo(new ConnectPolicy.Admitted(identity, true, "token", false, ""));
    ConnectPolicy.Admitted anonymous = policy.admit(Credentials.NONE, true).result();
    assertThat(anonymous.identity().anonymous()).isTrue();
    assertThat(anonymous.clientAcknowledges()).isTrue();
    assertThat(anonymous.session()).isNull();
  }

  @Test
  void refusesCredentialsThatCannotBeUnderstood() {
    assertThat(refusal(policy.admit(new Credentials("a", "both", null), true)).reason())
        .isEqualTo(CloseReason.MALFORMED);
    assertThat(refusal(policy.admit(new Credentials(" ", null, null), true)).reason())
        .isEqualTo(CloseReason.UNAUTHENTICATED);
  }

  @Test
  void limitsTheConnectsOfAUserAndNotOfAnonymousClients() {
    var alice = new Credentials("alice", null, null);
    assertThat(policy.admit(alice, true).succeeded()).isTrue();
    ConnectRefusedException refusal = refusal(policy.admit(alice, true));
    assertThat(refusal.reason()).isEqualTo(CloseReason.RATE_LIMITED);
    assertThat(refusal.isTemporary()).isTrue();
    assertThat(policy.admit(Credentials.NONE, true).succeeded()).isTrue();
    assertThat(policy.admit(Credentials.NONE, true).succeeded()).isTrue();
  }

  /** Offences as text, in the order in which they were counted. */
  private static final class Recorder implements Offences {
    final List<String> counted = new ArrayList<>();

    @Override
    public long connect(String address) {
      counted.add("connect of " + address);
      return address.equals("banned") ? 7_000 : 0;
    }

    @Override
    public long identified(String address, Identity identity) {
      counted.add(address + " is " + identity.user());
      return identity.user().equals("banned") ? 8_000 : 0;
    }

    @Override
    public long count(Offence offence, String address, Identity identity) {
      String who = identity == null ? "nobody" : identity.user();
      counted.add(offence.label() + " by " + who + " at " + address);
      return 0;
    }

    @Override
    public boolean isDropped(String address) {
      return false;
    }
  }

  private final Recorder offences = new Recorder();

  private ConnectPolicy counting(IdentityProvider identities) {
    return new ConnectPolicy(
        new DrainLatch(),
        () -> new Origins(List.of(), false),
        new Admission(GatewayConfig.defaults()::limits, offences),
        identities,
        ClientCheck.NONE,
        memory);
  }

  private static IdentityProvider refusing(ConnectRefusedException refusal) {
    return new IdentityProvider() {
      @Override
      public Future<Identity> identify(Credentials credentials) {
        return Future.failedFuture(refusal);
      }

      @Override
      public boolean verifies() {
        return true;
      }
    };
  }

  private static Credentials of(String user, String ack) {
    return new Credentials(
        user, null, ack, null, false, Credentials.Source.of("tcp", "192.0.2.1:1234"));
  }

  @Test
  void bannedAddressAndBannedUserAreToldWhenToRetry() {
    ConnectPolicy counting = counting(new ClaimedIdentities(new AnonymousUsers(true)));
    ConnectRefusedException address = refusal(() -> counting.enter("banned"));
    assertThat(address.reason()).isEqualTo(CloseReason.RATE_LIMITED);
    assertThat(address.retryAfterMs()).isEqualTo(7_000);
    ConnectRefusedException user = refusal(counting.admit(of("banned", null), true));
    assertThat(user.reason()).isEqualTo(CloseReason.RATE_LIMITED);
    assertThat(user.retryAfterMs()).isEqualTo(8_000);
    assertThat(offences.counted).containsExactly("connect of banned", "192.0.2.1 is banned");
  }

  @Test
  void refusalThatTheClientCanAvoidIsAnOffence() {
    counting(refusing(ConnectRefusedException.unauthenticated("no"))).admit(of("a", null), true);
    counting(refusing(ConnectRefusedException.forbidden("no"))).admit(of("a", null), true);
    counting(refusing(ConnectRefusedException.unavailable("no", 1))).admit(of("a", null), true);
    counting(refusing(ConnectRefusedException.tooOften("no", 1))).admit(of("a", null), true);
    counting(refusing(ConnectRefusedException.unauthenticated("no"))).admit(of("a", "both"), true);
    assertThat(offences.counted)
        .containsExactly(
            "unauthenticated by nobody at 192.0.2.1",
            "unauthenticated by nobody at 192.0.2.1",
            "malformed by nobody at 192.0.2.1");
  }

  @Test
  void refusedUserIsBlamedInPlaceOfItsAddress() {
    var alice = new Identity("alice", false);
    counting(refusing(ConnectRefusedException.blocked("no", 1).of(alice)))
        .admit(of("a", null), true);
    counting(refusing(ConnectRefusedException.banned(1).of(alice))).admit(of("a", null), true);
    counting(refusing(ConnectRefusedException.unauthenticated("no"))).confirm(of("a", null), alice);
    assertThat(offences.counted)
        .containsExactly(
            "192.0.2.1 is alice",
            "unauthenticated by alice at 192.0.2.1",
            "192.0.2.1 is alice",
            "unauthenticated by alice at 192.0.2.1");
  }

  private static ConnectRefusedException refusal(Future<?> refused) {
    return (ConnectRefusedException) refused.cause();
  }

  private interface Attempt {
    void run() throws ConnectRefusedException;
  }

  private static ConnectRefusedException refusal(Attempt attempt) {
    return catchThrowableOfType(ConnectRefusedException.class, attempt::run);
  }
}
