package io.linkspan.session.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.connection.Outgoing;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class EventIdIndexTest {

  private static final int STEPS = 1_000;

  private final EventIdIndex index = new EventIdIndex();

  private static PendingDelivery delivery(long number, String eventId, String from) {
    Message message = Message.newBuilder().setEventId(eventId).setFrom(from).build();
    return new PendingDelivery(null, number, new Outgoing(message), null, 0);
  }

  private static PendingDelivery find(List<PendingDelivery> all, String eventId, String from) {
    return all.stream()
        .filter(one -> one.hasEventId(eventId))
        .filter(one -> from == null || one.message().getFrom().equals(from))
        .findFirst()
        .orElse(null);
  }

  /** Equal eventIds have equal hashes, so the probes of many meet. */
  @RepeatedTest(10)
  void findsTheSameDeliveriesAsASearch() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int ids = 1 + random.nextInt(100);
    int most = 1 + random.nextInt(200);
    List<PendingDelivery> all = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      String eventId = random.nextInt(10) == 0 ? "" : "é" + random.nextInt(ids);
      String from = "user:" + random.nextInt(3);
      if (!all.isEmpty() && (all.size() == most || random.nextBoolean())) {
        PendingDelivery gone = all.remove(random.nextInt(all.size()));
        index.remove(gone);
      } else {
        PendingDelivery added = delivery(step, eventId, from);
        all.add(added);
        index.add(added);
      }
      String description = "seed " + seed + ", step " + step;
      assertThat(index.find(eventId)).as(description).isSameAs(find(all, eventId, null));
      assertThat(index.find(eventId, from)).as(description).isSameAs(find(all, eventId, from));
    }
  }

  @Test
  void anEmptyIndexHasRoomForThoseThatFollow() {
    for (int round = 0; round < 3; round++) {
      List<PendingDelivery> all = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        all.add(delivery(i, "e" + i, ""));
        index.add(all.get(i));
      }
      all.forEach(index::remove);
      assertThat(index.find("e1")).isNull();
    }
  }
}
