package io.linkspan.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.log.Appended;
import io.linkspan.log.BoundedLog;
import io.linkspan.log.LogBounds;
import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.NewEntry;
import io.linkspan.testing.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Feeds of two shards in virtual time: two nodes append to one log and send what they have
 * appended, with delays that change the order, and sometimes not at all. Members join, ask for what
 * they missed, have no room, move to the other shard and leave. The repetition is the seed.
 */
class GroupFeedSimulationTest {

  private static final int MESSAGES = 300;
  private static final int PAGE = 7;

  private final VirtualTime time = new VirtualTime();
  private final List<Shard> shards = List.of(new Shard(), new Shard());
  private final List<Member> everyone = new ArrayList<>();
  private Random random;
  private LogBounds bounds;
  private BoundedLog log;
  private long epochs;
  private int failing;

  private void begin(RepetitionInfo seed, int messages, Duration age) {
    random = new Random(seed.getCurrentRepetition());
    bounds = new LogBounds(messages, 1 << 20, age, LogBounds.WhenFull.DROP_OLDEST);
  }

  /** A member records what it gets, and checks that it is what follows. */
  private final class Member {
    final String name = "member" + everyone.size();
    final List<String> received = new ArrayList<>();
    Shard shard;
    LogPosition position = LogPosition.START;

    /** Position of what it may get next; null while it takes anything, as after a notice. */
    LogPosition expected;

    int losses;
    int refusals;

    void receive(KeptMessage kept) {
      if (expected != null && expected.epoch() == kept.epoch()) {
        assertThat(kept.offset()).as("%s of %s", received, name).isEqualTo(expected.offset());
      } else if (expected != null) {
        assertThat(kept.offset()).as("begin of another log at %s", name).isZero();
      }
      expected = kept.after();
      received.add(kept.after().toString());
    }
  }

  /** The members that one shard has. */
  private final class Shard implements FeedMembers<Member> {
    final List<Member> here = new ArrayList<>();
    GroupFeed<Member> feed = new GroupFeed<>(this);

    @Override
    public List<Member> all() {
      return List.copyOf(here);
    }

    @Override
    public boolean contains(Member member) {
      return here.contains(member);
    }

    @Override
    public LogPosition position(Member member) {
      return member.position;
    }

    @Override
    public void place(Member member, LogPosition position) {
      if (here.contains(member)) {
        member.position = position;
      }
    }

    @Override
    public boolean deliver(Member member, KeptMessage kept) {
      if (member.refusals > 0) {
        member.refusals--;
        return false;
      }
      member.receive(kept);
      return true;
    }

    @Override
    public void lost(Member member, LogPosition position) {
      member.losses++;
      member.expected = position;
    }

    @Override
    public KeptMessage parse(long epoch, LogEntry entry) {
      return new KeptMessage(epoch, entry.offset(), Message.getDefaultInstance(), null);
    }

    void proceed() {
      GroupFeed<Member> mine = feed;
      LogPosition from = mine.nextRead(time.now());
      if (from != null) {
        boolean fails = failing > 0 && random.nextInt(4) == 0;
        failing -= fails ? 1 : 0;
        later(
            20,
            () -> {
              LogRead read = fails ? null : readFrom(from);
              later(
                  20,
                  () -> {
                    if (mine == feed) {
                      if (fails) {
                        mine.failed(time.now());
                      } else {
                        mine.answered(read, time.now());
                      }
                      proceed();
                    }
                  });
            });
      } else if (mine.nextDeadline() != GroupFeed.NEVER) {
        time.schedule(Math.max(1, mine.nextDeadline() - time.now()), this::proceedIf);
      }
    }

    private void proceedIf() {
      if (feed.nextDeadline() <= time.now()) {
        proceed();
      }
    }

    void leave(Member member) {
      here.remove(member);
      feed.removed(member);
      if (here.isEmpty()) {
        feed = new GroupFeed<>(this);
      }
    }
  }

  private void later(int most, Runnable action) {
    time.schedule(1 + random.nextInt(most), action);
  }

  private LogRead readFrom(LogPosition from) {
    return log == null ? LogRead.none(from) : log.read(from, PAGE, 1 << 20, time.now());
  }

  private LogPosition end() {
    return log == null ? LogPosition.START : new LogPosition(log.epoch(), log.next());
  }

  private void publish(int left, boolean arrives) {
    if (left == 0) {
      return;
    }
    later(
        40,
        () -> {
          if (log == null) {
            log = new BoundedLog(++epochs);
          }
          Appended appended =
              log.append(
                  List.of(new NewEntry(Message.getDefaultInstance().toByteString(), 1L << 50)),
                  bounds,
                  time.now());
          var after = new LogPosition(appended.epoch(), appended.first() + 1);
          Message message =
              Message.newBuilder().putHeaders(Headers.POSITION, after.toString()).build();
          for (Shard shard : shards) {
            if (arrives || random.nextInt(10) > 0) {
              later(
                  60,
                  () -> {
                    if (!shard.here.isEmpty()) {
                      shard.feed.arrived(KeptMessage.of(message, null), time.now());
                      shard.proceed();
                    }
                  });
            }
          }
          publish(left - 1, arrives);
        });
  }

  private void join(Shard shard) {
    var member = new Member();
    member.shard = shard;
    everyone.add(member);
    shard.here.add(member);
    shard.feed.joined(member);
    later(
        30,
        () -> {
          LogPosition found = end();
          later(
              30,
              () -> {
                if (shard.here.contains(member)) {
                  shard.feed.place(found, time.now());
                  member.expected = member.expected == null ? member.position : member.expected;
                  shard.proceed();
                }
              });
        });
  }

  /** Joins, or joins again, for what follows a position. */
  private void recover(Shard shard, LogPosition since, boolean again) {
    Member member = again ? shard.here.get(random.nextInt(shard.here.size())) : new Member();
    shard.feed.hold(member);
    if (!again) {
      member.shard = shard;
      everyone.add(member);
      shard.here.add(member);
      shard.feed.joined(member);
    }
    later(
        40,
        () -> {
          LogPosition end = end();
          boolean there = readFrom(since) instanceof LogRead.Page page && page.missing() == 0;
          LogPosition from = there && !since.equals(LogPosition.START) ? since : end;
          later(
              40,
              () -> {
                if (shard.here.contains(member)) {
                  shard.feed.place(end, time.now());
                  member.position = from;
                  member.expected = from;
                  shard.feed.begin(member, time.now());
                  shard.proceed();
                }
              });
        });
  }

  private void move(Shard from, Shard to) {
    Member member = from.here.get(random.nextInt(from.here.size()));
    if (member.expected == null) {
      return;
    }
    from.leave(member);
    later(
        50,
        () -> {
          member.shard = to;
          to.here.add(member);
          to.feed.restored(member);
          later(
              30,
              () -> {
                if (to.here.contains(member)) {
                  to.feed.begin(member, time.now());
                  to.proceed();
                }
              });
        });
  }

  private void act(int left, boolean moves) {
    if (left == 0) {
      return;
    }
    later(
        80,
        () -> {
          Shard shard = shards.get(random.nextInt(2));
          int what = random.nextInt(6);
          if (what == 0 || shard.here.isEmpty()) {
            join(shard);
          } else if (what == 1) {
            long back = random.nextInt(30);
            LogPosition end = end();
            recover(
                shard,
                new LogPosition(end.epoch(), Math.max(0, end.offset() - back)),
                !moves && random.nextBoolean());
          } else if (what == 2) {
            shard.here.get(random.nextInt(shard.here.size())).refusals = random.nextInt(3);
          } else if (what == 3 && moves) {
            move(shard, shards.get(1 - shards.indexOf(shard)));
          } else if (what == 4) {
            Member leaving = shard.here.get(random.nextInt(shard.here.size()));
            shard.leave(leaving);
            everyone.remove(leaving);
          } else {
            shard.feed.check(time.now());
            shard.proceed();
          }
          act(left - 1, moves);
        });
  }

  private void end(boolean mayLose) {
    time.advance(60_000);
    for (Shard shard : shards) {
      shard.feed.check(time.now());
      shard.proceed();
    }
    time.advance(10_000);
    assertThat(epochs).isOne();
    assertThat(log.next()).isEqualTo(2 * MESSAGES);
    for (Member member : everyone) {
      assertThat(member.position).as(member.name).isEqualTo(end());
      assertThat(member.received).doesNotHaveDuplicates();
      if (!mayLose) {
        assertThat(member.losses).isZero();
      }
      if (!member.received.isEmpty()) {
        assertThat(member.expected).isEqualTo(end());
      }
    }
    assertThat(everyone).isNotEmpty();
  }

  @RepeatedTest(60)
  void membersGetEverythingInOrderAndOnce(RepetitionInfo seed) {
    begin(seed, 10_000, Duration.ofDays(1));
    join(shards.get(0));
    publish(MESSAGES, true);
    publish(MESSAGES, false);
    act(120, true);
    end(false);
  }

  @RepeatedTest(60)
  void whatTheLogHasDroppedIsReported(RepetitionInfo seed) {
    begin(seed, 10, Duration.ofDays(1));
    failing = 10;
    join(shards.get(0));
    publish(MESSAGES, false);
    publish(MESSAGES, false);
    act(120, true);
    end(true);
  }
}
