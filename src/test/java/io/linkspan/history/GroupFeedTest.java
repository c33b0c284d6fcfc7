package io.linkspan.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class GroupFeedTest {

  private static final long EPOCH = 7;

  /** Offsets that each member received, {@code lost} with the position, or {@code full}. */
  private final Map<String, List<String>> received = new HashMap<>();

  private final Map<String, LogPosition> positions = new HashMap<>();
  private final List<String> here = new ArrayList<>();
  private boolean hasRoom = true;

  private final GroupFeed<String> feed =
      new GroupFeed<>(
          new FeedMembers<>() {
            @Override
            public List<String> all() {
              return List.copyOf(here);
            }

            @Override
            public boolean contains(String member) {
              return here.contains(member);
            }

            @Override
            public LogPosition position(String member) {
              return positions.getOrDefault(member, LogPosition.START);
            }

            @Override
            public void place(String member, LogPosition position) {
              positions.put(member, position);
            }

            @Override
            public boolean deliver(String member, KeptMessage kept) {
              got(member).add(hasRoom ? Long.toString(kept.offset()) : "full");
              return hasRoom;
            }

            @Override
            public void lost(String member, LogPosition position) {
              got(member).add("lost " + position);
            }

            @Override
            public KeptMessage parse(long epoch, LogEntry entry) {
              return new KeptMessage(epoch, entry.offset(), Message.getDefaultInstance(), null);
            }
          });

  private List<String> got(String member) {
    return received.computeIfAbsent(member, name -> new ArrayList<>());
  }

  private void join(String member) {
    here.add(member);
    feed.joined(member);
  }

  private void arrive(long now, long epoch, long... offsets) {
    for (long offset : offsets) {
      String position = new LogPosition(epoch, offset + 1).toString();
      Message message = Message.newBuilder().putHeaders(Headers.POSITION, position).build();
      feed.arrived(KeptMessage.of(message, null), now);
    }
  }

  private static LogRead page(long epoch, long next, long end, long... offsets) {
    List<LogEntry> entries =
        LongStream.of(offsets)
            .mapToObj(
                offset -> new LogEntry(offset, 0, 0, Message.getDefaultInstance().toByteString()))
            .toList();
    return new LogRead.Page(epoch, entries, next, end, 0);
  }

  private static LogPosition at(long offset) {
    return new LogPosition(EPOCH, offset);
  }

  private void placedAt(long offset) {
    join("a");
    feed.place(at(offset), 0);
  }

  @Test
  void whatArrivesInOrderIsDeliveredWithoutARead() {
    placedAt(3);
    arrive(0, EPOCH, 3, 4, 5);
    assertThat(got("a")).containsExactly("3", "4", "5");
    assertThat(positions).containsEntry("a", at(6));
    assertThat(feed.nextDeadline()).isEqualTo(GroupFeed.NEVER);
  }

  @Test
  void whatArrivesBeforeTheEndOfTheLogIsKnownIsDelivered() {
    join("a");
    arrive(0, EPOCH, 4, 3, 5);
    assertThat(feed.isPlaced()).isFalse();
    feed.place(at(5), 0);
    assertThat(got("a")).containsExactly("3", "4", "5");
  }

  @Test
  void whatArrivesEarlyWaitsForWhatIsOnItsWay() {
    placedAt(3);
    arrive(10, EPOCH, 5, 4);
    assertThat(got("a")).isEmpty();
    assertThat(feed.nextDeadline()).isEqualTo(10 + GroupFeed.GAP_MS);
    assertThat(feed.nextRead(11)).isNull();
    assertThat(feed.held()).isPositive();
    arrive(12, EPOCH, 3, 3, 4);
    assertThat(got("a")).containsExactly("3", "4", "5");
    assertThat(feed.held()).isZero();
    assertThat(feed.nextDeadline()).isEqualTo(GroupFeed.NEVER);
  }

  @Test
  void whatDoesNotArriveIsRead() {
    placedAt(3);
    arrive(0, EPOCH, 5);
    assertThat(feed.nextRead(GroupFeed.GAP_MS)).isEqualTo(at(3));
    assertThat(feed.nextRead(GroupFeed.GAP_MS)).as("one read at a time").isNull();
    feed.answered(page(EPOCH, 6, 6, 3, 4, 5), 60);
    assertThat(got("a")).containsExactly("3", "4", "5");
    assertThat(feed.nextDeadline()).isEqualTo(GroupFeed.NEVER);
  }

  @Test
  void theLogIsReadAtOnceWhenTooManyWait() {
    placedAt(0);
    for (long i = 1; i <= EarlyMessages.MAX; i++) {
      arrive(0, EPOCH, i);
    }
    assertThat(feed.nextRead(0)).isNull();
    arrive(0, EPOCH, EarlyMessages.MAX + 1);
    assertThat(feed.nextRead(0)).isEqualTo(at(0));
  }

  @Test
  void aReadThatFailsIsRepeated() {
    placedAt(3);
    arrive(0, EPOCH, 4);
    assertThat(feed.nextRead(100)).isEqualTo(at(3));
    feed.failed(100);
    assertThat(feed.nextRead(100)).isNull();
    assertThat(feed.nextDeadline()).isEqualTo(100 + LaggingMembers.FAILED_MS);
    assertThat(feed.nextRead(100 + LaggingMembers.FAILED_MS)).isEqualTo(at(3));
  }

  @Test
  void aNewLogIsFollowedFromItsBegin() {
    join("a");
    feed.place(LogPosition.START, 0);
    arrive(0, EPOCH, 0, 1);
    assertThat(got("a")).containsExactly("0", "1");
    // The log has expired, and the next one begins with a Message that did not arrive.
    arrive(5, EPOCH + 1, 1);
    assertThat(feed.nextRead(5)).isEqualTo(at(2));
    feed.answered(new LogRead.Gone(EPOCH + 1, 0), 5);
    assertThat(feed.nextRead(5)).isEqualTo(LogPosition.START);
    feed.answered(page(EPOCH + 1, 2, 2, 0, 1), 5);
    assertThat(got("a")).containsExactly("0", "1", "0", "1");
  }

  @Test
  void whatTheLogHasDroppedIsReported() {
    placedAt(3);
    arrive(0, EPOCH, 8);
    feed.nextRead(100);
    feed.answered(new LogRead.Gone(EPOCH, 6), 100);
    assertThat(feed.nextRead(100)).isEqualTo(LogPosition.START);
    feed.answered(page(EPOCH, 9, 9, 6, 7, 8), 100);
    assertThat(got("a")).containsExactly("lost " + at(6), "6", "7", "8");
  }

  @Test
  void whatHasExpiredInTheMiddleIsReported() {
    placedAt(3);
    arrive(0, EPOCH, 6);
    feed.nextRead(100);
    feed.answered(page(EPOCH, 7, 7, 3, 5, 6), 100);
    assertThat(got("a")).containsExactly("3", "lost " + at(5), "5", "6");
  }

  @Test
  void aLogThatDoesNotHaveWhatWasAnnouncedIsReported() {
    placedAt(3);
    arrive(0, EPOCH, 4);
    feed.nextRead(100);
    feed.answered(page(EPOCH, 3, 3), 100);
    assertThat(got("a")).containsExactly("lost " + at(3));
    assertThat(feed.nextDeadline()).isEqualTo(GroupFeed.NEVER);
  }

  @Test
  void aMemberWithoutRoomGetsTheRestFromTheLog() {
    placedAt(3);
    join("b");
    hasRoom = false;
    arrive(0, EPOCH, 3);
    assertThat(got("a")).containsExactly("full");
    assertThat(feed.nextRead(LaggingMembers.ROOM_MS)).isNull();
    assertThat(got("a")).containsExactly("full", "full");
    hasRoom = true;
    assertThat(feed.nextRead(2 * LaggingMembers.ROOM_MS)).isEqualTo(at(4));
    feed.answered(page(EPOCH, 5, 5, 4), 2 * LaggingMembers.ROOM_MS);
    assertThat(got("a")).containsExactly("full", "full", "3", "4");
    assertThat(got("b")).isEqualTo(got("a"));
    arrive(2_000, EPOCH, 4, 5);
    assertThat(got("a")).endsWith("3", "4", "5");
  }

  @Test
  void aMemberThatAsksForItsPastGetsItBeforeWhatFollows() {
    placedAt(5);
    feed.hold("b");
    join("b");
    arrive(0, EPOCH, 5);
    positions.put("b", at(2));
    feed.begin("b", 0);
    assertThat(feed.nextRead(0)).isEqualTo(at(2));
    arrive(0, EPOCH, 6);
    feed.answered(page(EPOCH, 6, 6, 2, 3, 4, 5), 0);
    assertThat(feed.nextRead(0)).isEqualTo(at(6));
    feed.answered(page(EPOCH, 7, 7, 6), 0);
    arrive(0, EPOCH, 7);
    assertThat(got("b")).containsExactly("2", "3", "4", "5", "6", "7");
    assertThat(got("a")).containsExactly("5", "6", "7");
  }

  @Test
  void aSessionThatComesFromAnotherShardGoesOnWhereItWas() {
    positions.put("a", at(4));
    here.add("a");
    feed.restored("a");
    arrive(0, EPOCH, 6);
    assertThat(feed.nextRead(0)).as("senders may not reach the shard yet").isNull();
    feed.begin("a", 0);
    assertThat(feed.nextRead(0)).isEqualTo(at(4));
    feed.answered(page(EPOCH, 6, 6, 4, 5), 0);
    assertThat(feed.nextRead(0)).as("what has arrived meanwhile").isEqualTo(at(6));
    feed.answered(page(EPOCH, 7, 7, 6), 0);
    arrive(0, EPOCH, 7);
    assertThat(got("a")).containsExactly("4", "5", "6", "7");
  }

  @Test
  void aSessionWhosePositionIsGoneIsNotified() {
    positions.put("a", at(4));
    here.add("a");
    feed.restored("a");
    feed.begin("a", 0);
    feed.nextRead(0);
    feed.answered(new LogRead.Gone(0, 0), 0);
    assertThat(feed.nextRead(0)).isEqualTo(LogPosition.START);
    feed.answered(page(0, 0, 0), 0);
    assertThat(got("a")).containsExactly("lost 0:0");
    arrive(0, EPOCH + 1, 0);
    assertThat(got("a")).containsExactly("lost 0:0", "0");
  }

  @Test
  void aMemberThatHasLeftGetsNothing() {
    placedAt(3);
    hasRoom = false;
    arrive(0, EPOCH, 3);
    here.clear();
    feed.removed("a");
    hasRoom = true;
    assertThat(feed.nextRead(LaggingMembers.ROOM_MS)).isNull();
    assertThat(got("a")).containsExactly("full");
    assertThat(feed.nextDeadline()).isEqualTo(GroupFeed.NEVER);
  }
}
