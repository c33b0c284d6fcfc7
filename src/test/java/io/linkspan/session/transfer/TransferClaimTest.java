package io.linkspan.session.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.session.transfer.OutgoingTransfers.Departure;
import io.linkspan.session.transfer.TransferClaim.Claim;
import io.linkspan.session.transfer.TransferClaim.Confirm;
import io.linkspan.session.transfer.TransferClaim.Confirmation;
import io.linkspan.session.transfer.TransferClaim.Enter;
import io.linkspan.session.transfer.TransferClaim.Find;
import io.linkspan.session.transfer.TransferClaim.Lost;
import io.linkspan.session.transfer.TransferClaim.Pause;
import io.linkspan.session.transfer.TransferClaim.Recall;
import io.linkspan.session.transfer.TransferClaim.Step;
import io.linkspan.session.transfer.TransferClaim.Verdict;
import io.linkspan.session.transfer.TransferClaim.Won;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** One session, many shards that want it, in virtual time over a network that loses and delays. */
class TransferClaimTest {

  private static final String SESSION = "s";
  private static final long PATIENCE = 4_000;
  private static final long CONFIRM_TIME = 8_000;
  private static final long FORWARD_TIME = 15_000;

  private long now = 1_000;
  private long events;

  private record Event(long at, long order, Runnable action) {}

  private final PriorityQueue<Event> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));

  private void at(long time, Runnable action) {
    agenda.add(new Event(time, events++, action));
  }

  private void runUntil(long end) {
    while (!agenda.isEmpty() && agenda.peek().at() <= end) {
      Event next = agenda.remove();
      now = next.at();
      next.action().run();
    }
    now = end;
  }

  /** Requests and replies get lost, and take their time. */
  private final class Network {
    final Random random;
    final double loss;
    final int delay;

    Network(long seed, double loss, int delay) {
      this.random = new Random(seed);
      this.loss = loss;
      this.delay = delay;
    }

    /** The reply comes, or {@code onSilence} is run after the time-out; never both. */
    <T> void request(
        long timeout, java.util.function.Supplier<T> peer, Consumer<T> onReply, Runnable silence) {
      boolean[] over = {false};
      at(
          now + timeout,
          () -> {
            if (!over[0]) {
              over[0] = true;
              silence.run();
            }
          });
      if (random.nextDouble() < loss) {
        return;
      }
      at(
          now + 1 + random.nextInt(delay),
          () -> {
            T reply = peer.get();
            if (random.nextDouble() < loss) {
              return;
            }
            at(
                now + 1 + random.nextInt(delay),
                () -> {
                  if (!over[0]) {
                    over[0] = true;
                    onReply.accept(reply);
                  }
                });
          });
    }
  }

  /** A shard, as far as this one session goes; what the session is made of is a number. */
  private final class Holder {
    final String name;
    final OutgoingTransfers<Integer> departures =
        new OutgoingTransfers<>(CONFIRM_TIME, FORWARD_TIME);
    Integer held;
    int won;
    int lost;

    Holder(String name) {
      this.name = name;
    }

    Map.Entry<Verdict, Integer> claimed(String claim, String taker) {
      if (held == null) {
        Integer again = departures.granted(SESSION, claim);
        return again == null ? Map.entry(Verdict.ELSEWHERE, -1) : Map.entry(Verdict.GRANTED, again);
      }
      Integer state = held;
      held = null;
      departures.add(SESSION, claim, taker, state, now);
      at(departures.nextDeadline(), this::settle);
      return Map.entry(Verdict.GRANTED, state);
    }

    void settle() {
      for (Departure<Integer> departure : departures.overdue(now)) {
        if (departure.confirmed()) {
          departures.remove(SESSION);
        } else if (name.equals(directory)) {
          departures.remove(SESSION);
          held = departure.state();
        } else {
          departures.confirm(SESSION, departure.claim(), now);
        }
      }
      if (departures.nextDeadline() < Long.MAX_VALUE) {
        at(departures.nextDeadline(), this::settle);
      }
    }

    void take(String claim) {
      var core = new TransferClaim<Integer>(now + PATIENCE);
      perform(core, claim, core.start(), null);
    }

    private void perform(TransferClaim<Integer> core, String claim, Step step, String found) {
      if (step instanceof Find) {
        String owner = directory;
        at(
            now + 1 + network.random.nextInt(network.delay),
            () -> perform(core, claim, core.found(owner, now), owner));
      } else if (step instanceof Claim next) {
        network.request(
            next.timeout(),
            () -> holders.get(next.owner()).claimed(claim, name),
            answer ->
                perform(core, claim, core.claimed(answer.getKey(), answer.getValue(), now), found),
            () -> perform(core, claim, core.claimed(Verdict.NO_ANSWER, null, now), found));
      } else if (step instanceof Recall) {
        perform(core, claim, core.recalled(now), found);
      } else if (step instanceof Enter next) {
        at(
            now + 1 + network.random.nextInt(network.delay),
            () -> {
              boolean exchanged = (next.back() ? name : found).equals(directory);
              if (exchanged) {
                directory = next.back() ? found : name;
              }
              perform(
                  core,
                  claim,
                  next.back() ? core.returned(now) : core.entered(exchanged, now),
                  found);
            });
      } else if (step instanceof Confirm next) {
        network.request(
            next.timeout(),
            () -> holders.get(next.owner()).departures.confirm(SESSION, claim, now),
            stands ->
                perform(
                    core,
                    claim,
                    core.confirmed(stands ? Confirmation.STANDS : Confirmation.WITHDRAWN, now),
                    found),
            () -> perform(core, claim, core.confirmed(Confirmation.NO_ANSWER, now), found));
      } else if (step instanceof Pause next) {
        at(now + next.millis(), () -> perform(core, claim, core.paused(now), found));
      } else if (step instanceof Won<?> win) {
        won++;
        departures.remove(SESSION);
        // That the session has been here is part of it from now on.
        held = (Integer) win.state() + 1;
      } else if (step instanceof Lost) {
        lost++;
      }
    }
  }

  private Network network;
  private String directory;
  private final Map<String, Holder> holders = new HashMap<>();

  private Holder holder(String name) {
    return holders.computeIfAbsent(name, Holder::new);
  }

  private List<Holder> havingIt() {
    return holders.values().stream().filter(holder -> holder.held != null).toList();
  }

  private void begin(Network network, int shards) {
    this.network = network;
    for (int i = 0; i < shards; i++) {
      holder("h" + i);
    }
    directory = "h0";
    holder("h0").held = 0;
  }

  @Test
  void aClaimIsGrantedEnteredAndConfirmed() {
    begin(new Network(1, 0, 5), 2);
    holder("h1").take("c");
    runUntil(now + 100);
    assertThat(holder("h1").held).isEqualTo(1);
    assertThat(holder("h0").held).isNull();
    assertThat(directory).isEqualTo("h1");
    runUntil(now + FORWARD_TIME + 100);
    assertThat(holder("h0").departures.size()).isZero();
  }

  @Test
  void aSessionThatIsNowhereIsLostAtOnce() {
    begin(new Network(1, 0, 5), 2);
    directory = null;
    holder("h1").take("c");
    runUntil(now + 20);
    assertThat(holder("h1").lost).isEqualTo(1);
  }

  @Test
  void anOwnerThatNeverAnswersCostsTheClientNoMoreThanItsPatience() {
    begin(new Network(1, 1, 5), 2);
    holder("h1").take("c");
    runUntil(now + PATIENCE + 20);
    assertThat(holder("h1").lost).isEqualTo(1);
    assertThat(holder("h0").held).isEqualTo(0);
  }

  @Test
  void aTakerThatIsNeverHeardOfAgainLosesNothing() {
    begin(new Network(1, 0, 5), 1);
    // It was granted, and then its node died.
    assertThat(holder("h0").claimed("c", "dead").getKey()).isEqualTo(Verdict.GRANTED);
    runUntil(now + CONFIRM_TIME + 10);
    assertThat(holder("h0").held).isEqualTo(0);
    assertThat(holder("h0").departures.confirm(SESSION, "c", now)).isFalse();
  }

  /** Whatever gets lost, in the end exactly one shard has the session: the one that is entered. */
  @RepeatedTest(1_000)
  void thereIsAlwaysOneOwner(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    begin(
        new Network(
            repetition.getCurrentRepetition(), random.nextDouble() * 0.5, 1 + random.nextInt(700)),
        2 + random.nextInt(4));
    List<Holder> takers = new ArrayList<>(holders.values());
    int attempts = 1 + random.nextInt(8);
    for (int i = 0; i < attempts; i++) {
      String claim = "c" + i;
      Holder taker = takers.get(random.nextInt(takers.size()));
      at(now + random.nextInt(6_000), () -> taker.take(claim));
    }
    runUntil(now + 6_000 + PATIENCE + 2 * CONFIRM_TIME + 10_000);
    assertThat(havingIt()).extracting(holder -> holder.name).containsExactly(directory);
    runUntil(now + FORWARD_TIME + CONFIRM_TIME);
    assertThat(havingIt()).hasSize(1);
    holders.values().forEach(holder -> assertThat(holder.departures.size()).isZero());
    int won = holders.values().stream().mapToInt(holder -> holder.won).sum();
    int lost = holders.values().stream().mapToInt(holder -> holder.lost).sum();
    assertThat(won + lost).isEqualTo(attempts);
  }

  /** Where nothing gets lost, nothing is forgotten: every owner but the first adds one. */
  @RepeatedTest(200)
  void whatTheSessionIsMadeOfGoesAlong(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    begin(new Network(repetition.getCurrentRepetition(), 0, 1 + random.nextInt(40)), 4);
    List<Holder> takers = new ArrayList<>(holders.values());
    for (int i = 0; i < 6; i++) {
      String claim = "c" + i;
      Holder taker = takers.get(random.nextInt(takers.size()));
      at(now + random.nextInt(300), () -> taker.take(claim));
    }
    runUntil(now + 30_000);
    int won = holders.values().stream().mapToInt(holder -> holder.won).sum();
    assertThat(havingIt()).hasSize(1);
    assertThat(havingIt().get(0).held).isEqualTo(won);
  }
}
