package io.linkspan.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.upstream.BackendException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Runs the pipeline against a service with random outages; the repetition is the seed. */
class PipelineSimulationTest {

  private static final int MESSAGES = 400;
  private static final int STEP_MS = 20;
  private static final String[] USERS = {"alice", "bob", "carol", "dave"};

  private record Due(long at, String id) {}

  private Random random;
  private PipelineRig.Config config;
  private PipelineRig rig;
  private boolean up = true;
  private final Map<String, Long> offeredAt = new HashMap<>();
  private final List<Due> due = new ArrayList<>();
  private final Set<String> scheduled = new HashSet<>();

  @RepeatedTest(200)
  void everyMessageEndsOnceInTimeWithinBoundsAndInOrder(RepetitionInfo seed) {
    random = new Random(seed.getCurrentRepetition());
    config = new PipelineRig.Config();
    config.concurrency = 1 + random.nextInt(4);
    config.queue = 1 + random.nextInt(50);
    config.maxHeld = 1 + random.nextInt(50);
    config.retries = random.nextInt(4);
    config.onlyUnsent = random.nextBoolean();
    config.failures = 1 + random.nextInt(5);
    config.hold = random.nextBoolean() ? Duration.ZERO : Duration.ofSeconds(1 + random.nextInt(20));
    config.ordered = !config.hold.isZero() || random.nextBoolean();
    rig = new PipelineRig(config.build(), new Random(seed.getCurrentRepetition()));
    run();
    assertThat(rig.succeeded).doesNotHaveDuplicates();
    assertThat(Collections.disjoint(rig.succeeded, rig.refused.keySet())).isTrue();
    assertThat(rig.succeeded.size() + rig.refused.size()).isEqualTo(offeredAt.size());
    if (config.ordered) {
      for (String user : USERS) {
        List<String> ofUser = rig.succeeded.stream().filter(id -> id.startsWith(user)).toList();
        assertThat(ofUser)
            .isSortedAccordingTo(Comparator.comparingInt(PipelineSimulationTest::number));
      }
    }
  }

  private static int number(String id) {
    return Integer.parseInt(id.substring(id.indexOf(' ') + 1));
  }

  private void run() {
    int next = 0;
    while (next < MESSAGES || rig.succeeded.size() + rig.refused.size() < offeredAt.size()) {
      if (random.nextInt(100) == 0) {
        up = !up;
      }
      if (next < MESSAGES && random.nextInt(3) == 0) {
        String user = USERS[random.nextInt(USERS.length)];
        String id = user + " " + next++;
        offeredAt.put(id, rig.now);
        rig.offer(id, user, 1 + random.nextInt(20), random.nextInt(10) == 0);
      }
      if (next == MESSAGES / 2 && random.nextInt(50) == 0) {
        rig.drain();
      }
      answerDueAttempts();
      rig.pass(STEP_MS);
      checkBounds();
    }
    assertThat(rig.pipeline.waiting()).isZero();
    assertThat(rig.pipeline.inFlight()).isZero();
    assertThat(rig.pipeline.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  private void answerDueAttempts() {
    scheduled.retainAll(rig.inFlight.keySet());
    due.removeIf(answer -> !scheduled.contains(answer.id()));
    for (String id : rig.inFlight.keySet()) {
      if (scheduled.add(id)) {
        due.add(new Due(rig.now + random.nextInt(300) + (random.nextInt(50) == 0 ? 9_000 : 0), id));
      }
    }
    for (Due answer : List.copyOf(due)) {
      if (answer.at() <= rig.now && rig.inFlight.containsKey(answer.id())) {
        due.remove(answer);
        scheduled.remove(answer.id());
        answer(answer.id());
      }
    }
  }

  private void answer(String id) {
    if (!up) {
      rig.fail(id, random.nextBoolean() ? Kind.UNSENT : Kind.LOST);
    } else {
      switch (random.nextInt(20)) {
        case 0 -> rig.fail(id, Kind.ERROR);
        case 1 -> rig.fail(id, Kind.REFUSED);
        default -> rig.succeed(id);
      }
    }
  }

  private void checkBounds() {
    Pipeline<String> pipeline = rig.pipeline;
    assertThat(pipeline.inFlight()).isLessThanOrEqualTo(config.concurrency);
    // Messages that were in flight at the start of an outage are held in addition.
    assertThat(pipeline.waiting())
        .isLessThanOrEqualTo(Math.max(config.queue, config.maxHeld) + config.concurrency);
    long longest = config.build().longest().toMillis();
    offeredAt.forEach(
        (id, at) -> {
          if (rig.now - at > longest) {
            assertThat(rig.refused.containsKey(id) || rig.succeeded.contains(id)).as(id).isTrue();
          }
        });
  }
}
