package io.linkspan.session;

import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.time.Scheduler;
import io.micrometer.core.instrument.Counter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Frees memory of one shard while the node is short of it. Forgets eventIds of users that are not
 * connected, then ends the sessions that hold most: only those that hold at least half as much as
 * the largest one of all event loops, so that a client which reads is not ended for one that does
 * not. Used only on the shard's event loop.
 *
 * <pre>
 *          shedding                    below
 *   IDLE ────────────► WATCHING ─────────────────► IDLE
 *                      │     ▲
 *                      └─────┘ pause: frees, measures again
 * </pre>
 */
final class MemoryRelief {

  private enum State {
    IDLE,
    WATCHING
  }

  /** A session that holds less is never ended. */
  private static final long MIN_HELD = 16 << 10;

  /** Between two looks; milliseconds. */
  private static final long PAUSE_MS = 50;

  private record Holder(Session session, long held) {}

  private final Scheduler scheduler;
  private final MemoryAccount memory;
  private final SessionTable sessions;
  private final DuplicateFilter duplicates;
  private final Counter shed;
  private State state = State.IDLE;

  /**
   * Creates the relief of one shard.
   *
   * @param shed counts the sessions that it ends
   */
  MemoryRelief(
      Scheduler scheduler,
      MemoryAccount memory,
      SessionTable sessions,
      DuplicateFilter duplicates,
      Counter shed) {
    this.scheduler = scheduler;
    this.memory = memory;
    this.sessions = sessions;
    this.duplicates = duplicates;
    this.shed = shed;
  }

  /** Begins to watch, if memory is short and that is not watched already. */
  void begin() {
    if (state == State.IDLE) {
      state = State.WATCHING;
      relieve();
    }
  }

  private void relieve() {
    memory.measure();
    if (!memory.isAt(MemoryLevel.SHEDDING)) {
      memory.largestHolder(0);
      state = State.IDLE;
      return;
    }
    duplicates.shed();
    List<Holder> holders = largestFirst();
    memory.largestHolder(holders.isEmpty() ? 0 : holders.get(0).held());
    long enough = Math.max(MIN_HELD, memory.largestOfAll() / 2);
    for (Holder holder : holders) {
      if (holder.held() < enough || !memory.isAt(MemoryLevel.SHEDDING)) {
        break;
      }
      holder.session().shed();
      shed.increment();
      memory.measure();
    }
    scheduler.schedule(PAUSE_MS, this::relieve);
  }

  private List<Holder> largestFirst() {
    List<Holder> holders = new ArrayList<>();
    for (Session session : sessions.owned()) {
      long held = session.held();
      if (held >= MIN_HELD) {
        holders.add(new Holder(session, held));
      }
    }
    holders.sort(Comparator.comparingLong(Holder::held).reversed());
    return holders;
  }
}
