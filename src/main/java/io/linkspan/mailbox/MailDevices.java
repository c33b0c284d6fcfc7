package io.linkspan.mailbox;

import com.google.protobuf.ByteString;
import io.linkspan.log.LogBounds;
import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.LogStore;
import io.linkspan.log.NewEntry;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The devices of users, each with a mailbox of its own: a log for each user with an entry for each
 * time that a device was seen, which expires when the device is forgotten. Shared by all event
 * loops.
 */
final class MailDevices {

  /** Begins the name of a log with the devices of a user. */
  private static final String LOG = "devices:";

  /** In front of each key in an entry, as the key may be empty. */
  private static final String KEY = "=";

  private static final int PAGE_BYTES = 64 << 10;

  /** Bytes of the entries of one user: longer than as many of the longest keys as may be. */
  private static final int MAX_BYTES = 64 << 10;

  private final LogStore store;
  private final int max;
  private final LogBounds bounds;

  /**
   * @param max devices of a user
   * @param keptFor time after which a device is forgotten that was not seen
   */
  MailDevices(LogStore store, int max, Duration keptFor) {
    this.store = store;
    this.max = max;
    // Two entries for each device, as the older one is removed later.
    bounds = new LogBounds(2 * max + 2, MAX_BYTES, keptFor, LogBounds.WhenFull.DROP_OLDEST);
  }

  /** Returns the keys of a user's devices, the one that was seen least recently first. */
  Future<List<String>> of(String user, long now) {
    return read(user, now).map(page -> List.copyOf(offsets(page).keySet()));
  }

  /**
   * A device of a user is connected.
   *
   * @return the keys of devices that are forgotten, since the user has too many
   */
  Future<List<String>> seen(String user, String device, long now) {
    var entry = new NewEntry(ByteString.copyFromUtf8(KEY + device), Long.MAX_VALUE);
    return store
        .append(LOG + user, List.of(entry), bounds, now)
        .compose(appended -> read(user, now))
        .compose(page -> trim(user, page));
  }

  private Future<LogRead.Page> read(String user, long now) {
    return store
        .read(LOG + user, LogPosition.START, bounds.messages(), PAGE_BYTES, now)
        .map(read -> (LogRead.Page) read);
  }

  /** Removes all but the latest entry of each device, and those of too many devices. */
  private Future<List<String>> trim(String user, LogRead.Page page) {
    Map<String, Long> latest = offsets(page);
    List<String> keys = List.copyOf(latest.keySet());
    List<String> forgotten = keys.subList(0, Math.max(0, keys.size() - max));
    forgotten.forEach(latest::remove);
    List<Long> old = new ArrayList<>();
    for (LogEntry one : page.entries()) {
      if (!latest.containsValue(one.offset())) {
        old.add(one.offset());
      }
    }
    return old.isEmpty()
        ? Future.succeededFuture(forgotten)
        : store.remove(LOG + user, page.epoch(), old).map(forgotten);
  }

  /** Returns the offset of the latest entry of each device, in the order of these offsets. */
  private static Map<String, Long> offsets(LogRead.Page page) {
    Map<String, Long> latest = new LinkedHashMap<>();
    for (LogEntry entry : page.entries()) {
      String key = entry.message().toStringUtf8().substring(KEY.length());
      latest.remove(key);
      latest.put(key, entry.offset());
    }
    return latest;
  }
}
