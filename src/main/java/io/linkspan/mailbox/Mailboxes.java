package io.linkspan.mailbox;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.OfflineMessages;
import io.linkspan.delivery.RemoteCallback;
import io.linkspan.log.Appended;
import io.linkspan.log.LogBounds;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.LogStore;
import io.linkspan.log.NewEntry;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The mailboxes of all users: a log for each, or for each of a user's devices, whose entries are
 * Messages without their time to live. Shared by all event loops.
 */
public final class Mailboxes {

  /** No mailboxes: nothing is kept. */
  public static final Mailboxes OFF = new Mailboxes(null, null, null, null, null);

  /** Header of a stored Message: shard and ticket of a sender that waits for the client. */
  private static final String WAITING = "linkspan-waiting";

  private static final String LOG = "user:";

  /** Begins the name of a log of one device, whose key and a slash follow, then the user. */
  private static final String DEVICE_LOG = "mail:";

  /** Entries and bytes that are read at once. */
  private static final int PAGE = 100;

  private static final int PAGE_BYTES = 64 << 10;

  private final LogStore store;
  private final MailboxConfig config;
  private final LogBounds bounds;

  /** Null where the mailboxes are those of users. */
  private final MailDevices devices;

  private final MailboxMetrics metrics;
  private final Consumer<JsonObject> events;
  private final Consumer<JsonObject> hook;

  /**
   * Creates the mailboxes.
   *
   * @param store has been started
   * @param events publishes to services
   * @param hook receives a notice of each kept Message
   */
  public Mailboxes(
      LogStore store,
      MailboxConfig config,
      MailboxMetrics metrics,
      Consumer<JsonObject> events,
      Consumer<JsonObject> hook) {
    this.store = store;
    this.config = config;
    this.metrics = metrics;
    this.events = events;
    this.hook = hook;
    bounds = config == null ? null : config.bounds();
    devices =
        config == null || config.per() == MailboxConfig.Per.USER
            ? null
            : new MailDevices(store, config.devices(), config.longest());
  }

  /** Returns whether Messages are kept. */
  public boolean isOn() {
    return store != null;
  }

  /** Returns whether each device of a user has a mailbox. */
  public boolean arePerDevice() {
    return devices != null;
  }

  /** Returns the longest time for which a Message is kept, in milliseconds. */
  public long longest() {
    return config.longest().toMillis();
  }

  /**
   * Returns the boxes that a session reads, one after the other.
   *
   * @param device key of its device; empty for none
   */
  public List<String> boxesOf(String user, String device) {
    return devices == null ? List.of(LOG + user) : List.of(LOG + user, boxOf(user, device));
  }

  private static String boxOf(String user, String device) {
    return DEVICE_LOG + device + '/' + user;
  }

  /**
   * A device of a user is connected: what is kept from now on is kept for it too.
   *
   * @param device its key; empty for all clients that state none
   */
  public Future<Void> seen(String user, String device, long now) {
    return devices
        .seen(user, device, now)
        .compose(
            forgotten -> {
              for (String key : forgotten) {
                events.accept(event("mailbox-device-forgotten", user).put("device", key));
              }
              return Future.join(
                      forgotten.stream().map(key -> store.delete(boxOf(user, key))).toList())
                  .mapEmpty();
            });
  }

  /** Returns whether a Message asks to be kept for a user without a session. */
  public boolean keeps(Message message) {
    return Headers.seconds(message, Headers.TTL) > 0;
  }

  /**
   * Appends Messages to the mailbox of a user, in their order, or to those of the user's devices.
   *
   * @return the number of appended ones, which are the first; the others did not fit, in no mailbox
   *     where there are several
   */
  public Future<Integer> append(String user, List<OfflineMessages.Item> items, long now) {
    if (devices == null) {
      return append(List.of(LOG + user), user, items, now);
    }
    return devices
        .of(user, now)
        .compose(
            keys ->
                append(
                    keys.isEmpty()
                        ? List.of(LOG + user)
                        : keys.stream().map(key -> boxOf(user, key)).toList(),
                    user,
                    items,
                    now));
  }

  private Future<Integer> append(
      List<String> boxes, String user, List<OfflineMessages.Item> items, long now) {
    List<NewEntry> entries = items.stream().map(item -> entry(item, now)).toList();
    return Future.join(
            boxes.stream()
                .map(
                    box ->
                        store
                            .append(box, entries, bounds, now)
                            .map(done -> appended(box, items.size(), done)))
                .toList())
        .map(all -> kept(user, items, Collections.max(all.<Integer>list())));
  }

  private NewEntry entry(OfflineMessages.Item item, long now) {
    // What is kept is not replaced by a newer Message.
    Message.Builder stored =
        item.message().toBuilder().removeHeaders(Headers.TTL).removeHeaders(Headers.SLOW);
    stored.removeHeaders(WAITING);
    RemoteCallback waiting = item.waiting();
    if (waiting != null) {
      stored.putHeaders(WAITING, waiting.ticket() + " " + waiting.origin());
    }
    long keptFor =
        Math.min(Headers.seconds(item.message(), Headers.TTL) * 1_000, config.longest().toMillis());
    return new NewEntry(stored.build().toByteString(), now + keptFor);
  }

  private int appended(String box, int count, Appended done) {
    expired(box, done.expired());
    int refused = count - done.accepted();
    if (refused > 0) {
      metrics.refused.increment(refused);
      events.accept(boxEvent("mailbox-full", box).put("messages", refused));
    }
    return done.accepted();
  }

  private int kept(String user, List<OfflineMessages.Item> items, int kept) {
    metrics.kept.increment(kept);
    for (int i = 0; i < kept; i++) {
      Message message = items.get(i).message();
      hook.accept(
          event("mailbox-kept", user)
              .put("eventId", message.getEventId())
              .put("from", message.getFrom())
              .put("type", message.getType()));
    }
    return kept;
  }

  /** Returns the error for a Message that did not fit. */
  public MessageException full(String user) {
    return new MessageException(
        ErrorCode.QUEUE_FULL, "the mailbox of user " + user + " has no room for the message");
  }

  /** Reads a page of a box, of {@link #boxesOf}. */
  public Future<LogRead> read(String box, LogPosition from, long now) {
    return store.read(box, from, PAGE, PAGE_BYTES, now);
  }

  /** Removes Messages of a box, of one epoch, which have reached its reader. */
  Future<Integer> remove(String box, long epoch, Collection<Long> offsets) {
    return store.remove(box, epoch, offsets);
  }

  /** A Message of a mailbox has reached its user. */
  public void delivered() {
    metrics.delivered.increment();
  }

  /** A Message of a mailbox was sent as often as is allowed, without an acknowledgement. */
  public void undeliverable(String user, Message message) {
    metrics.undeliverable.increment();
    events.accept(event("mailbox-undeliverable", user).put("eventId", message.getEventId()));
  }

  /**
   * Messages were removed whose time is over.
   *
   * @param counts by the names of logs; those of others are ignored
   */
  public void expired(Map<String, Integer> counts) {
    counts.forEach(
        (log, count) -> {
          if (isOn() && (log.startsWith(LOG) || log.startsWith(DEVICE_LOG))) {
            expired(log, count);
          }
        });
  }

  private void expired(String box, int count) {
    if (count > 0) {
      metrics.expired.increment(count);
      events.accept(boxEvent("mailbox-expired", box).put("messages", count));
    }
  }

  /** Returns the shard and ticket of the sender that waits for the client; null if none does. */
  public static Waiting waitingFor(Message stored) {
    String text = Headers.get(stored, WAITING);
    if (text == null) {
      return null;
    }
    int space = text.indexOf(' ');
    return new Waiting(text.substring(space + 1), Long.parseLong(text.substring(0, space)));
  }

  /** Returns a stored Message as the client receives it. */
  public static Message forClient(Message stored) {
    return Headers.get(stored, WAITING) == null
        ? stored
        : stored.toBuilder().removeHeaders(WAITING).build();
  }

  /** A sender that waits for the client, by its shard and the number of the delivery there. */
  public record Waiting(String origin, long ticket) {}

  private static JsonObject boxEvent(String name, String box) {
    if (box.startsWith(LOG)) {
      return event(name, box.substring(LOG.length()));
    }
    int slash = box.indexOf('/');
    return event(name, box.substring(slash + 1))
        .put("device", box.substring(DEVICE_LOG.length(), slash));
  }

  private static JsonObject event(String name, String user) {
    return new JsonObject()
        .put("event", name)
        .put("user", user)
        .put("at", Instant.ofEpochMilli(System.currentTimeMillis()).toString());
  }
}
