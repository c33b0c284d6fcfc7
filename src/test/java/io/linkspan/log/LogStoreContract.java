package io.linkspan.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.delivery.OfflineMessages;
import io.linkspan.log.LogBounds.WhenFull;
import io.linkspan.mailbox.MailboxConfig;
import io.linkspan.mailbox.MailboxMetrics;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.testing.TestGateway;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Promises of every store of logs. Times are numbers; names are new in each test. */
public abstract class LogStoreContract {

  private static final long NOW = 1_000_000;
  private static final Duration AGE = Duration.ofSeconds(10);
  private static final LogBounds ROOMY = new LogBounds(100, 10_000, AGE, WhenFull.REFUSE);
  private static final long NEVER = Long.MAX_VALUE;

  private final String log = "user:" + UUID.randomUUID();

  /** Returns the store, which has been started. */
  protected abstract LogStore store();

  private static NewEntry entry(String text) {
    return new NewEntry(ByteString.copyFromUtf8(text), NEVER);
  }

  private static List<NewEntry> entries(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> entry("m" + i)).toList();
  }

  private Appended append(LogBounds bounds, List<NewEntry> entries) {
    return TestGateway.await(store().append(log, entries, bounds, NOW));
  }

  private LogRead read(LogPosition from, long now) {
    return TestGateway.await(store().read(log, from, 1_000, 1_000_000, now));
  }

  private LogRead.Page page(LogPosition from) {
    return (LogRead.Page) read(from, NOW);
  }

  private static List<String> texts(LogRead.Page page) {
    return page.entries().stream().map(entry -> entry.message().toStringUtf8()).toList();
  }

  private List<String> all() {
    return texts(page(LogPosition.START));
  }

  private int expire(long now) {
    return TestGateway.await(store().expire(now)).getOrDefault(log, 0);
  }

  @Test
  void entriesAreReadInTheOrderInWhichTheyWereAppended() {
    Appended first = append(ROOMY, entries(0, 3));
    Appended second = append(ROOMY, entries(3, 5));

    assertThat(first.accepted()).isEqualTo(3);
    assertThat(second.epoch()).isEqualTo(first.epoch());
    assertThat(second.first()).isEqualTo(first.first() + 3);
    assertThat(all()).containsExactly("m0", "m1", "m2", "m3", "m4");
    LogRead.Page page = page(LogPosition.START);
    assertThat(page.isLast()).isTrue();
    assertThat(page.missing()).isZero();
    assertThat(page.entries().get(0).time()).isEqualTo(NOW);
  }

  @Test
  void messagesOfAnyBytesAreReadUnchanged() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    append(ROOMY, List.of(new NewEntry(ByteString.copyFrom(bytes), NEVER)));
    append(ROOMY, List.of(new NewEntry(ByteString.EMPTY, NEVER)));

    List<LogEntry> read = page(LogPosition.START).entries();
    assertThat(read.get(0).message().toByteArray()).isEqualTo(bytes);
    assertThat(read.get(1).message()).isEqualTo(ByteString.EMPTY);
  }

  @Test
  void pagesAreBoundedInEntries() {
    append(ROOMY, entries(0, 5));

    var first =
        (LogRead.Page) TestGateway.await(store().read(log, LogPosition.START, 2, 1_000, NOW));
    var second = (LogRead.Page) TestGateway.await(store().read(log, first.position(), 9, 999, NOW));

    assertThat(texts(first)).containsExactly("m0", "m1");
    assertThat(first.isLast()).isFalse();
    assertThat(texts(second)).containsExactly("m2", "m3", "m4");
    assertThat(second.isLast()).isTrue();
  }

  @Test
  void pagesAreBoundedInBytesAndHaveAtLeastOneEntry() {
    append(ROOMY, entries(0, 5));

    var two = (LogRead.Page) TestGateway.await(store().read(log, LogPosition.START, 9, 5, NOW));
    var one = (LogRead.Page) TestGateway.await(store().read(log, LogPosition.START, 9, 1, NOW));

    assertThat(texts(two)).containsExactly("m0", "m1");
    assertThat(texts(one)).containsExactly("m0");
  }

  @Test
  void aLogThatDoesNotExistIsEmpty() {
    LogRead.Page page = page(LogPosition.START);

    assertThat(page.entries()).isEmpty();
    assertThat(page.isLast()).isTrue();
    assertThat(page.position()).isEqualTo(LogPosition.START);
  }

  @Test
  void aPositionInALogThatDoesNotExistIsGone() {
    assertThat(read(new LogPosition(7, 3), NOW)).isEqualTo(new LogRead.Gone(0, 0));
  }

  @Test
  void aPositionOfAnotherEpochIsGone() {
    Appended appended = append(ROOMY, entries(0, 3));

    assertThat(read(new LogPosition(appended.epoch() + 1, 1), NOW))
        .isEqualTo(new LogRead.Gone(appended.epoch(), appended.first()));
  }

  @Test
  void aPositionBehindTheEndIsGone() {
    Appended appended = append(ROOMY, entries(0, 3));
    long end = appended.first() + 3;

    assertThat(page(new LogPosition(appended.epoch(), end)).entries()).isEmpty();
    assertThat(read(new LogPosition(appended.epoch(), end + 1), NOW))
        .isInstanceOf(LogRead.Gone.class);
  }

  @Test
  void aFullLogRefusesWhatDoesNotFitAndKeepsTheRest() {
    Appended appended = append(new LogBounds(3, 1_000, AGE, WhenFull.REFUSE), entries(0, 5));
    Appended none = append(new LogBounds(3, 1_000, AGE, WhenFull.REFUSE), entries(5, 6));

    assertThat(appended.accepted()).isEqualTo(3);
    assertThat(none.accepted()).isZero();
    assertThat(all()).containsExactly("m0", "m1", "m2");
  }

  @Test
  void theBytesOfALogAreBounded() {
    Appended appended = append(new LogBounds(100, 7, AGE, WhenFull.REFUSE), entries(0, 5));

    assertThat(appended.accepted()).isEqualTo(3);
    assertThat(all()).containsExactly("m0", "m1", "m2");
  }

  @Test
  void aLogThatDropsItsOldestEntriesSaysSoToItsReaders() {
    var bounds = new LogBounds(3, 1_000, AGE, WhenFull.DROP_OLDEST);
    Appended first = append(bounds, entries(0, 3));
    Appended second = append(bounds, entries(3, 5));

    assertThat(second.dropped()).isEqualTo(2);
    assertThat(all()).containsExactly("m2", "m3", "m4");
    assertThat(read(new LogPosition(first.epoch(), first.first() + 1), NOW))
        .isEqualTo(new LogRead.Gone(first.epoch(), first.first() + 2));
    assertThat(texts(page(new LogPosition(first.epoch(), first.first() + 3))))
        .containsExactly("m3", "m4");
  }

  @Test
  void anEntryThatIsLongerThanALogIsRefusedAndDropsNothing() {
    var bounds = new LogBounds(3, 6, AGE, WhenFull.DROP_OLDEST);
    append(bounds, entries(0, 2));
    Appended refused = append(bounds, List.of(entry("longer")));
    Appended tooLong = append(bounds, List.of(entry("too long")));

    assertThat(refused.accepted()).isOne();
    assertThat(tooLong.accepted()).isZero();
    assertThat(tooLong.dropped()).isZero();
    assertThat(all()).containsExactly("longer");
  }

  @Test
  void aRefusedEntryBeginsNoLog() {
    Appended refused =
        append(new LogBounds(3, 2, AGE, WhenFull.REFUSE), List.of(entry("too long")));

    assertThat(refused.accepted()).isZero();
    assertThat(page(LogPosition.START).epoch()).isZero();
  }

  @Test
  void expiredEntriesAreNotReadAndAreCountedOnce() {
    append(ROOMY, entries(0, 2));
    long end = NOW + AGE.toMillis();

    assertThat(((LogRead.Page) read(LogPosition.START, end - 1)).entries()).hasSize(2);
    assertThat(((LogRead.Page) read(LogPosition.START, end)).entries()).isEmpty();
    assertThat(expire(end - 1)).isZero();
    assertThat(expire(end)).isEqualTo(2);
    assertThat(expire(end)).isZero();
    assertThat(page(LogPosition.START).epoch()).isZero();
  }

  @Test
  void anEntryMayExpireEarlierThanTheOthersAndIsThenMissing() {
    append(
        ROOMY,
        List.of(entry("a"), new NewEntry(ByteString.copyFromUtf8("b"), NOW + 10), entry("c")));

    var before = (LogRead.Page) read(LogPosition.START, NOW + 9);
    var after = (LogRead.Page) read(LogPosition.START, NOW + 10);

    assertThat(texts(before)).containsExactly("a", "b", "c");
    assertThat(texts(after)).containsExactly("a", "c");
    assertThat(after.missing()).isOne();
    assertThat(expire(NOW + 10)).isOne();
    assertThat(all()).containsExactly("a", "c");
  }

  @Test
  void anAppendMakesRoomOfExpiredEntries() {
    var bounds = new LogBounds(2, 1_000, AGE, WhenFull.REFUSE);
    append(bounds, List.of(new NewEntry(ByteString.copyFromUtf8("old"), NOW), entry("new")));

    Appended appended = append(bounds, entries(0, 1));

    assertThat(appended.expired()).isOne();
    assertThat(appended.accepted()).isOne();
    assertThat(all()).containsExactly("new", "m0");
  }

  @Test
  void singleEntriesAreRemoved() {
    Appended appended = append(ROOMY, entries(0, 4));
    long first = appended.first();

    int removed =
        TestGateway.await(
            store().remove(log, appended.epoch(), List.of(first + 1, first + 2, first + 9)));

    assertThat(removed).isEqualTo(2);
    assertThat(all()).containsExactly("m0", "m3");
    assertThat(page(LogPosition.START).missing()).isEqualTo(2);
    assertThat(append(ROOMY, entries(4, 5)).first()).isEqualTo(first + 4);
  }

  @Test
  void entriesOfAnotherEpochAreNotRemoved() {
    Appended appended = append(ROOMY, entries(0, 2));
    long other = appended.epoch() + 1;

    assertThat(TestGateway.<Integer>await(store().remove(log, other, List.of(appended.first()))))
        .isZero();
    assertThat(
            TestGateway.<Integer>await(
                store().trim(log, new LogPosition(other, appended.first() + 1))))
        .isZero();
    assertThat(all()).containsExactly("m0", "m1");
  }

  @Test
  void aTrimRemovesAllThatIsOlder() {
    Appended appended = append(ROOMY, entries(0, 4));
    var to = new LogPosition(appended.epoch(), appended.first() + 3);

    int removed = TestGateway.await(store().trim(log, to));

    assertThat(removed).isEqualTo(3);
    assertThat(all()).containsExactly("m3");
    assertThat(read(new LogPosition(appended.epoch(), appended.first() + 2), NOW))
        .isInstanceOf(LogRead.Gone.class);
    assertThat(texts(page(to))).containsExactly("m3");
  }

  @Test
  void aLogOfWhichAllIsRemovedEndsAndTheNextOneHasAnotherEpoch() {
    Appended before = append(ROOMY, entries(0, 2));
    TestGateway.await(
        store().remove(log, before.epoch(), List.of(before.first(), before.first() + 1)));
    Appended after = append(ROOMY, entries(2, 3));

    assertThat(after.epoch()).isNotEqualTo(before.epoch());
    assertThat(read(new LogPosition(before.epoch(), before.first() + 2), NOW))
        .isInstanceOf(LogRead.Gone.class);
    assertThat(all()).containsExactly("m2");
  }

  @Test
  void aDeletedLogIsEmpty() {
    append(ROOMY, entries(0, 2));
    TestGateway.await(store().delete(log));
    TestGateway.await(store().delete(log));

    assertThat(all()).isEmpty();
  }

  @Test
  void logsOfOtherNamesAreNotTouched() {
    String other = log + "2";
    append(ROOMY, entries(0, 2));
    TestGateway.await(store().append(other, entries(2, 3), ROOMY, NOW));
    TestGateway.await(store().delete(log));

    var page = (LogRead.Page) TestGateway.await(store().read(other, LogPosition.START, 9, 99, NOW));
    assertThat(texts(page)).containsExactly("m2");
  }

  @Test
  void appendsToManyLogsAtOnceAllHaveAnOutcome() {
    List<Future<Appended>> appends = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      appends.add(store().append(log + "-" + i % 37, entries(i, i + 1), ROOMY, NOW));
    }

    TestGateway.await(Future.all(appends));

    int entries = 0;
    for (int i = 0; i < 37; i++) {
      String name = log + "-" + i;
      var page = TestGateway.await(store().read(name, LogPosition.START, 100, 9_999, NOW));
      entries += ((LogRead.Page) page).entries().size();
    }
    assertThat(entries).isEqualTo(1_000);
  }

  @Test
  void aNameMayHaveAnyCharacters() {
    String name = log + " '\"\\%_;--\u00e4\u4e2d\ud83d\ude00";
    TestGateway.await(store().append(name, entries(0, 1), ROOMY, NOW));

    var page = (LogRead.Page) TestGateway.await(store().read(name, LogPosition.START, 9, 99, NOW));
    assertThat(texts(page)).containsExactly("m0");
    assertThat(TestGateway.<Map<String, Integer>>await(store().expire(NOW + AGE.toMillis())))
        .containsEntry(name, 1);
  }

  @Test
  void eachDeviceOfAUserHasAMailboxInIt() {
    List<JsonObject> events = new ArrayList<>();
    var mailboxes =
        new Mailboxes(
            store(),
            new MailboxConfig(AGE, 2, 10_000, MailboxConfig.Per.DEVICE, 2, ""),
            new MailboxMetrics(new SimpleMeterRegistry()),
            events::add,
            notice -> {});
    String user = UUID.randomUUID().toString();
    assertThat(keep(mailboxes, user, "before")).isEqualTo(1);
    for (String device : List.of("phone", "laptop", "phone")) {
      TestGateway.await(mailboxes.seen(user, device, NOW));
    }
    assertThat(keep(mailboxes, user, "one")).isEqualTo(1);

    String phone = mailboxes.boxesOf(user, "phone").get(1);
    assertThat(kept(mailboxes, mailboxes.boxesOf(user, "phone").get(0))).hasSize(1);
    LogRead.Page page = kept(mailboxes, phone, NOW);
    assertThat(page.entries()).hasSize(1);
    TestGateway.await(store().remove(phone, page.epoch(), List.of(page.entries().get(0).offset())));
    assertThat(kept(mailboxes, phone)).isEmpty();
    assertThat(kept(mailboxes, mailboxes.boxesOf(user, "laptop").get(1))).hasSize(1);

    // The mailbox of the laptop is full now, and then that of no device has room.
    assertThat(keep(mailboxes, user, "two")).isEqualTo(1);
    assertThat(keep(mailboxes, user, "three")).isEqualTo(1);
    assertThat(events).hasSize(1);
    assertThat(events.get(0).getString("device")).isEqualTo("laptop");
    assertThat(keep(mailboxes, user, "four")).isZero();

    TestGateway.await(mailboxes.seen(user, "tablet", NOW));
    assertThat(events.get(events.size() - 1).getString("event"))
        .isEqualTo("mailbox-device-forgotten");
    assertThat(events.get(events.size() - 1).getString("device")).isEqualTo("laptop");
    assertThat(kept(mailboxes, mailboxes.boxesOf(user, "laptop").get(1))).isEmpty();

    // All devices are forgotten: what is kept now is for the first that reads it.
    long later = NOW + AGE.toMillis() + 1;
    assertThat(keep(mailboxes, user, "later", later)).isEqualTo(1);
    String all = mailboxes.boxesOf(user, "phone").get(0);
    assertThat(kept(mailboxes, all, later).entries()).hasSize(1);
  }

  private static int keep(Mailboxes mailboxes, String user, String eventId) {
    return keep(mailboxes, user, eventId, NOW);
  }

  private static int keep(Mailboxes mailboxes, String user, String eventId, long now) {
    Message message = Message.newBuilder().setEventId(eventId).putHeaders(Headers.TTL, "5").build();
    return TestGateway.await(
        mailboxes.append(user, List.of(new OfflineMessages.Item(message, null)), now));
  }

  private static List<LogEntry> kept(Mailboxes mailboxes, String box) {
    return kept(mailboxes, box, NOW).entries();
  }

  private static LogRead.Page kept(Mailboxes mailboxes, String box, long now) {
    return (LogRead.Page) TestGateway.await(mailboxes.read(box, LogPosition.START, now));
  }
}
