package io.linkspan.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RebalanceRunTest {

  private static final Instant TIME = Instant.parse("2026-11-29T20:00:00Z");
  private static final RebalanceConfig CONFIG =
      new RebalanceConfig(
          false,
          Duration.ofMinutes(1),
          10,
          100,
          Duration.ofSeconds(1),
          Duration.ofMillis(500),
          Duration.ofMillis(250),
          Duration.ofSeconds(5));
  private static final List<NodeLoad> UNEQUAL =
      List.of(node("a", 0, 200, 150, 250), node("b", 0, 0, 0));

  private final RebalanceRun run = new RebalanceRun("a-1", "a", CONFIG, "request", TIME);
  private long now = 1_000;

  private static NodeLoad node(String name, long delay, int... shards) {
    return new NodeLoad(
        name,
        Arrays.stream(shards).mapToObj(n -> new ShardLoad(n, n, 0, false, 0, List.of())).toList(),
        delay);
  }

  private Map<String, List<Integer>> decide(List<NodeLoad> loads, String... silent) {
    now += 1_000;
    return run.decide(loads, List.of(silent), now, TIME);
  }

  private static ShardLoad report(int asked, List<Integer> gaps) {
    return new ShardLoad(0, 0, 0, false, asked, gaps);
  }

  private String state() {
    return run.describe().getString("state");
  }

  private String reason() {
    return run.describe().getString("reason");
  }

  @Test
  void theShardsOfANodeShareWhatItAsks() {
    Map<String, List<Integer>> asks = decide(UNEQUAL);
    assertThat(asks).containsOnlyKeys("a");
    assertThat(asks.get("a")).containsExactly(33, 33, 34);
    assertThat(state()).isEqualTo("running");
  }

  @Test
  void equalNodesEndIt() {
    assertThat(decide(List.of(node("a", 0, 100), node("b", 0, 105)))).isEmpty();
    assertThat(run.hasEnded()).isTrue();
    assertThat(state()).isEqualTo("balanced");
  }

  @Test
  void nobodyLeftToAskEndsIt() {
    NodeLoad full = new NodeLoad("a", List.of(new ShardLoad(300, 0, 0, false, 0, List.of())), 0);
    assertThat(decide(List.of(full, node("b", 0, 0)))).isEmpty();
    assertThat(state()).isEqualTo("exhausted");
  }

  @Test
  void aNodeThatDoesNotAnswerAtTheBeginningFailsIt() {
    assertThat(decide(UNEQUAL, "c")).isEmpty();
    assertThat(state()).isEqualTo("failed");
    assertThat(reason()).isEqualTo("no answer of c");
    assertThat(run.hasFailed()).isTrue();
  }

  @Test
  void aNodeThatDoesNotAnswerLaterPausesIt() {
    decide(UNEQUAL);
    assertThat(decide(UNEQUAL, "c")).isEmpty();
    assertThat(state()).isEqualTo("paused");
    assertThat(decide(UNEQUAL)).isNotEmpty();
    assertThat(state()).isEqualTo("running");
    assertThat(reason()).isNull();
  }

  @Test
  void aSlowEventLoopPausesIt() {
    assertThat(decide(List.of(UNEQUAL.get(0), node("b", 251, 0)))).isEmpty();
    assertThat(state()).isEqualTo("paused");
    assertThat(reason()).contains("251 ms");
    assertThat(decide(List.of(UNEQUAL.get(0), node("b", 250, 0)))).isNotEmpty();
  }

  @Test
  void clientsThatReconnectSlowlyPauseItForARound() {
    decide(UNEQUAL);
    run.collect(report(100, Collections.nCopies(100, 5_001)));
    assertThat(decide(UNEQUAL)).isEmpty();
    assertThat(reason()).contains("5001 ms");
    assertThat(decide(UNEQUAL)).isNotEmpty();
  }

  @Test
  void aPauseOfTenMinutesFailsIt() {
    decide(UNEQUAL);
    decide(UNEQUAL, "c");
    now += RebalanceRun.LONGEST_PAUSE;
    decide(UNEQUAL, "c");
    assertThat(state()).isEqualTo("failed");
  }

  @Test
  void theDrainOfTheCoordinatorAbortsIt() {
    NodeLoad leaving =
        new NodeLoad("a", List.of(new ShardLoad(300, 300, 0, true, 0, List.of())), 0);
    assertThat(decide(List.of(leaving, node("b", 0, 0)))).isEmpty();
    assertThat(state()).isEqualTo("aborted");
  }

  @Test
  void anAbortIsFinal() {
    decide(UNEQUAL);
    run.abort(TIME);
    run.fail("later", TIME);
    assertThat(state()).isEqualTo("aborted");
    assertThat(reason()).isEqualTo("on request");
  }

  @Test
  void itCountsWhatTheShardsReport() {
    run.collect(report(60, List.of(100, 200)));
    run.collect(report(40, List.of(300)));
    JsonObject description = run.describe();
    assertThat(description.getLong("asked")).isEqualTo(100);
    assertThat(description.getLong("resumed")).isEqualTo(3);
    assertThat(description.getJsonObject("gapMs").getInteger("p50")).isEqualTo(200);
  }

  @Test
  void theFormsOnTheBusAreReadAsTheyWereWritten() {
    var load = new ShardLoad(1, 2, 3, true, 4, List.of(5, 6));
    assertThat(ShardLoad.of(new JsonObject(load.toJson().encode()))).isEqualTo(load);
    var request = new RoundRequest("a-1", true, 2, 500);
    assertThat(RoundRequest.of(new JsonObject(request.toJson().encode()))).isEqualTo(request);
    assertThat(RoundRequest.isRunBy("a", "a-1")).isTrue();
    assertThat(RoundRequest.isRunBy("a", "aa-1")).isFalse();
  }
}
