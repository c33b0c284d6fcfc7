package io.linkspan.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** The request for a storm, apart from a gateway. */
class StormRequestTest {

  private static final StormConfig CONFIG = new StormConfig(true, 50, 20);

  @Test
  void theOwnTargetIsUsedWithoutAnother() {
    StormRequest request =
        StormRequest.read(
            new JsonObject().put("kind", "helper"), CONFIG, "ws://127.0.0.1:8080/ws", 9090);

    assertThat(request.plan().target().getPort()).isEqualTo(8080);
    assertThat(request.plan().clients()).isEqualTo(50);
    assertThat(request.plan().duration().toSeconds()).isEqualTo(20);
  }

  @Test
  void aGatewayThatOnlyTlsReachesNeedsANamedTarget() {
    assertThatThrownBy(
            () -> StormRequest.read(new JsonObject().put("kind", "helper"), CONFIG, null, 9090))
        .isInstanceOfSatisfying(
            MessageException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MALFORMED))
        .hasMessageContaining("http.tls");
  }
}
