package io.linkspan.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The bounds of a storm. */
class StormPlanTest {

  private static StormPlan plan(String url, int clients, int good, int addresses, int seconds) {
    return StormPlan.of(
        URI.create(url), StormKind.HELPER, clients, good, addresses, Duration.ofSeconds(seconds));
  }

  @Test
  void aUrlOfThisMachineIsTaken() {
    StormPlan plan = plan("ws://127.0.0.1:8080/ws?token=x", 10, 2, 1, 30);

    assertThat(plan.target().getPort()).isEqualTo(8080);
    assertThat(plan.pathOf("good-1")).isEqualTo("/ws?token=x&user=good-1");
    assertThat(plan("ws://localhost", 1, 0, 1, 1).pathOf("a")).isEqualTo("/ws?user=a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ws://192.0.2.1:8080/ws",
        "ws://[2001:db8::1]/ws",
        "wss://127.0.0.1/ws",
        "127.0.0.1"
      })
  void otherTargetsAreRefused(String url) {
    assertThatIllegalArgumentException().isThrownBy(() -> plan(url, 1, 0, 1, 1));
  }

  @Test
  void numbersOutOfBoundsAreRefused() {
    String url = "ws://127.0.0.1:1/ws";

    assertThatIllegalArgumentException().isThrownBy(() -> plan(url, 0, 0, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> plan(url, 5_001, 0, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> plan(url, 1, -1, 1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> plan(url, 1, 0, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> plan(url, 1, 0, 1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> plan(url, 1, 0, 1, 601));
  }

  @Test
  void clientsThatSendMessagesNeedThePathOfPlainWebSockets() {
    String url = "ws://127.0.0.1:1/socket.io/?EIO=4&transport=websocket";

    assertThat(plan(url, 1, 0, 1, 1).good()).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> plan(url, 1, 1, 1, 1));
  }

  @ParameterizedTest
  @EnumSource(StormKind.class)
  void eachKindHasANameOnTheCommandLine(StormKind kind) {
    assertThat(StormKind.of(kind.label())).isEqualTo(kind);
  }

  @Test
  void anUnknownKindIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> StormKind.of("bad"));
  }
}
