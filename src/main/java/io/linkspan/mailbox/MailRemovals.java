package io.linkspan.mailbox;

import io.linkspan.time.Scheduler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Removes what users have acknowledged from their mailboxes, many Messages of a box at once. Used
 * only on one event loop.
 */
public final class MailRemovals {

  private static final long RETRY_MS = 1_000;
  private static final int MAX_TRIES = 10;

  private record Box(String name, long epoch) {}

  private final Mailboxes mailboxes;
  private final Scheduler scheduler;

  /** Offsets that wait for the removal in flight; a box is here while one is. */
  private final Map<Box, List<Long>> waiting = new HashMap<>();

  /** Creates one without removals in flight. */
  public MailRemovals(Mailboxes mailboxes, Scheduler scheduler) {
    this.mailboxes = mailboxes;
    this.scheduler = scheduler;
  }

  /** Removes a Message of a box, now or soon. */
  public void add(String name, long epoch, long offset) {
    var box = new Box(name, epoch);
    List<Long> behind = waiting.get(box);
    if (behind != null) {
      behind.add(offset);
      return;
    }
    waiting.put(box, new ArrayList<>(0));
    remove(box, List.of(offset), 1);
  }

  private void remove(Box box, List<Long> offsets, int tries) {
    mailboxes
        .remove(box.name(), box.epoch(), offsets)
        .onComplete(
            removed -> next(box),
            failure -> {
              if (tries < MAX_TRIES) {
                scheduler.schedule(RETRY_MS, () -> remove(box, offsets, tries + 1));
              } else {
                // The user gets the Messages again, with the same eventIds.
                next(box);
              }
            });
  }

  private void next(Box box) {
    List<Long> offsets = waiting.remove(box);
    if (!offsets.isEmpty()) {
      waiting.put(box, new ArrayList<>(0));
      remove(box, offsets, 1);
    }
  }
}
