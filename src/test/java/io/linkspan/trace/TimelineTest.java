package io.linkspan.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {

  private static final JsonObject PLACE = new JsonObject().put("node", "n");

  private static Message message(String eventId, String from) {
    return Message.newBuilder().setEventId(eventId).setFrom(from).build();
  }

  private static List<JsonObject> steps(Timeline timeline, String eventId, String from) {
    return timeline.find(eventId, from, PLACE).stream().map(Timeline.Found::step).toList();
  }

  @Test
  void stepsOfOneMessageAreFoundInOrder() {
    var timeline = new Timeline(1, 64);
    timeline.record(Step.RECEIVED, message("1", "alice"), 0, "s-alice");
    timeline.record(Step.RECEIVED, message("2", "alice"), 0, "s-alice");
    timeline.record(Step.ROUTED, message("1", "alice"), 0, "user");
    timeline.record(Step.WRITTEN, message("1", "alice"), 2, "s-bob");
    timeline.fail(
        Step.REFUSED,
        message("1", "alice"),
        new MessageException(ErrorCode.TIMEOUT, "too late"),
        "s-alice");
    assertThat(steps(timeline, "1", "alice"))
        .containsExactly(
            PLACE.copy().put("step", "received").put("session", "s-alice"),
            PLACE.copy().put("step", "routed").put("to", "user"),
            PLACE.copy().put("step", "written").put("session", "s-bob").put("attempt", 2),
            PLACE
                .copy()
                .put("step", "refused")
                .put("session", "s-alice")
                .put("code", 408)
                .put("reason", "too late"));
    assertThat(steps(timeline, "1", "bob")).isEmpty();
    assertThat(steps(timeline, "3", null)).isEmpty();
  }

  @Test
  void sendersThatChoseTheSameEventIdAreDistinguished() {
    var timeline = new Timeline(1, 64);
    timeline.record(Step.RECEIVED, message("1", "alice"), 0, "s-alice");
    timeline.record(Step.RECEIVED, message("1", "bob"), 0, "s-bob");
    assertThat(timeline.find("1", null, PLACE))
        .extracting(Timeline.Found::sender)
        .doesNotHaveDuplicates()
        .hasSize(2);
    assertThat(steps(timeline, "1", "bob")).hasSize(1);
  }

  @Test
  void theOldestStepsAreOverwritten() {
    var timeline = new Timeline(1, 1_000);
    for (int i = 0; i < 5_000; i++) {
      timeline.record(Step.RECEIVED, message("m" + i, "alice"), 0, "s");
    }
    assertThat(steps(timeline, "m" + (5_000 - 1_024), "alice")).hasSize(1);
    assertThat(steps(timeline, "m" + (5_000 - 1_025), "alice")).isEmpty();
  }

  @Test
  void reasonsOfManyFailuresAreDroppedBeforeTheirCodes() {
    var timeline = new Timeline(1, 4_096);
    for (int i = 0; i < 2_000; i++) {
      timeline.fail(
          Step.REFUSED,
          message("m" + i, "alice"),
          new MessageException(ErrorCode.FORBIDDEN, "reason " + i),
          "s");
    }
    JsonObject oldest = steps(timeline, "m0", "alice").get(0);
    assertThat(oldest.getInteger("code")).isEqualTo(403);
    assertThat(oldest.getString("reason")).isNull();
    assertThat(steps(timeline, "m1999", "alice").get(0).getString("reason"))
        .isEqualTo("reason 1999");
  }

  @Test
  void oneQueryReturnsABoundedNumberOfSteps() {
    var timeline = new Timeline(1, 4_096);
    for (int i = 0; i < 3_000; i++) {
      timeline.record(Step.WRITTEN, message("1", "alice"), i, "s");
    }
    assertThat(timeline.find("1", "alice", PLACE)).hasSize(Timeline.MAX_FOUND);
  }

  @Test
  void aSampleHasAllStepsOfAMessageOrNone() {
    var timeline = new Timeline(10, 1 << 16);
    int sampled = 0;
    for (int i = 0; i < 5_000; i++) {
      Message message = message("user-" + i, "alice");
      timeline.record(Step.RECEIVED, message, 0, "s");
      timeline.record(Step.ACCEPTED, message, 0, "s");
      int found = steps(timeline, "user-" + i, "alice").size();
      assertThat(found).isIn(0, 2);
      sampled += found / 2;
    }
    assertThat(sampled).isBetween(300, 700);
  }

  @Test
  void nothingIsRecordedWhenItIsOff() {
    Timeline.OFF.record(Step.RECEIVED, message("1", "alice"), 0, "s");
    Timeline.OFF.fail(
        Step.REFUSED, message("1", "a"), new MessageException(ErrorCode.INTERNAL, "x"), "s");
    assertThat(steps(Timeline.OFF, "1", null)).isEmpty();
  }
}
