package io.linkspan.history;

import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.GroupLog;
import io.linkspan.log.Appended;
import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.LogStore;
import io.linkspan.log.NewEntry;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The histories of all groups: a log for each. The sessions that follow a streamed answer are a
 * group as well, whose history has the parts. Shared by all event loops.
 */
public final class GroupHistories {

  /** No history: nothing is kept. */
  public static final GroupHistories OFF =
      new GroupHistories(null, HistoryConfig.OFF, HistoryConfig.OFF, null);

  /** Header of a stored Message: id of the session that sent it. */
  private static final String EXCEPT = "linkspan-except";

  private static final String LOG = "group:";
  private static final String STREAM_LOG = "stream:";

  /** Entries and bytes that are read at once. */
  private static final int PAGE = 100;

  private static final int PAGE_BYTES = 64 << 10;

  /** Bytes of the Messages of a page for services and operators. */
  private static final int LISTED_BYTES = 1 << 20;

  private final LogStore store;
  private final HistoryConfig groups;
  private final HistoryConfig streams;
  private final HistoryMetrics metrics;

  /**
   * Creates the histories.
   *
   * @param store has been started
   * @param groups settings of the histories of groups
   * @param streams settings of streamed answers
   */
  public GroupHistories(
      LogStore store, HistoryConfig groups, HistoryConfig streams, HistoryMetrics metrics) {
    this.store = store;
    this.groups = groups;
    this.streams = streams;
    this.metrics = metrics;
  }

  /** Returns whether Messages of any group are kept. */
  public boolean isOn() {
    return store != null;
  }

  /** Returns whether Messages of a group are kept. */
  public boolean isOn(String group) {
    return isOn() && configOf(group).isOn();
  }

  /** Returns whether a Message to a group asks to be kept, and is. */
  public boolean keeps(String group, Message message) {
    return isOn()
        && Headers.seconds(message, Headers.HISTORY) > 0
        && !"true".equals(Headers.get(message, Headers.VOLATILE))
        && isOn(group);
  }

  private HistoryConfig configOf(String group) {
    return Addresses.isGroupOfStream(group) ? streams : groups;
  }

  private static String logOf(String group) {
    return Addresses.isGroupOfStream(group)
        ? STREAM_LOG + group.substring(Addresses.STREAM_GROUPS.length())
        : LOG + group;
  }

  /** As {@link GroupLog#append}. */
  public Future<List<Message>> append(String group, List<GroupLog.Item> items, long now) {
    Message first = items.get(0).message();
    if (Headers.get(first, Headers.STREAM_REPEATED) == null) {
      return appendAll(group, items, now);
    }
    return oldest(group, now)
        .compose(
            page -> {
              LogPosition after = StreamPlace.after(page, StreamPlace.numberOf(first));
              if (after == null) {
                return appendAll(group, items, now);
              }
              Message kept = withPosition(plain(first), after);
              return appendAll(group, items.subList(1, items.size()), now)
                  .map(others -> Stream.concat(Stream.of(kept), others.stream()).toList());
            });
  }

  private Future<List<Message>> appendAll(String group, List<GroupLog.Item> items, long now) {
    HistoryConfig config = configOf(group);
    List<Message> messages = new ArrayList<>(items.size());
    List<NewEntry> entries = new ArrayList<>(items.size());
    for (GroupLog.Item item : items) {
      Message message = plain(item.message());
      NewEntry entry = entry(item, message, now, config.longest());
      boolean fits = entry.message().size() <= config.maxBytes();
      messages.add(fits ? message : null);
      if (fits) {
        entries.add(entry);
      }
    }
    metrics.refused.increment(items.size() - entries.size());
    return entries.isEmpty()
        ? Future.succeededFuture(messages)
        : store
            .append(logOf(group), entries, config.bounds(), now)
            .map(done -> positioned(messages, entries.size(), done));
  }

  /** Returns a Message without what its sender says about the log. */
  private static Message plain(Message message) {
    return message.toBuilder()
        .removeHeaders(Headers.HISTORY)
        .removeHeaders(Headers.POSITION)
        .removeHeaders(Headers.STREAM_REPEATED)
        .removeHeaders(EXCEPT)
        .build();
  }

  private static NewEntry entry(GroupLog.Item item, Message message, long now, Duration longest) {
    Message stored =
        item.except() == null
            ? message
            : message.toBuilder().putHeaders(EXCEPT, item.except()).build();
    long keptFor =
        Math.min(Headers.seconds(item.message(), Headers.HISTORY) * 1_000, longest.toMillis());
    return new NewEntry(stored.toByteString(), now + keptFor);
  }

  private List<Message> positioned(List<Message> messages, int count, Appended done) {
    if (done.accepted() < count) {
      throw new IllegalStateException("a log that drops its oldest entries has refused one");
    }
    metrics.kept.increment(count);
    metrics.dropped.increment(done.dropped());
    metrics.expired.increment(done.expired());
    long offset = done.first();
    List<Message> positioned = new ArrayList<>(messages.size());
    for (Message message : messages) {
      positioned.add(
          message == null ? null : withPosition(message, new LogPosition(done.epoch(), ++offset)));
    }
    return positioned;
  }

  private static Message withPosition(Message message, LogPosition after) {
    return message.toBuilder().putHeaders(Headers.POSITION, after.toString()).build();
  }

  /** Returns the error for a Message that is larger than a history may be. */
  public MessageException tooLarge(String group) {
    return new MessageException(
        ErrorCode.TOO_LARGE,
        "the history of a group has " + configOf(group).maxBytes() + " bytes at most");
  }

  /** Reads a page of a history. */
  public Future<LogRead> read(String group, LogPosition from, long now) {
    return store.read(logOf(group), from, PAGE, PAGE_BYTES, now);
  }

  /** Returns the position of the next Message that is kept. */
  public Future<LogPosition> end(String group, long now) {
    return oldest(group, now).map(GroupHistories::endOf);
  }

  private Future<LogRead.Page> oldest(String group, long now) {
    return store.read(logOf(group), LogPosition.START, 1, 1, now).map(read -> (LogRead.Page) read);
  }

  private static LogPosition endOf(LogRead.Page page) {
    return page.epoch() == 0 ? LogPosition.START : new LogPosition(page.epoch(), page.end());
  }

  /** Finds the part of a history that a client asks for. */
  public Future<Recovery> find(String group, Since since, long now) {
    Future<Recovery> found;
    if (since instanceof Since.Position at) {
      found = find(group, at.position(), now);
    } else if (since instanceof Since.Count count) {
      found = oldest(group, now).map(page -> latest(page, count.messages()));
    } else {
      found = find(group, ((Since.Time) since).millis(), LogPosition.START, false, now);
    }
    return found.onSuccess(this::count);
  }

  private Future<Recovery> find(String group, LogPosition at, long now) {
    return read(group, at, now)
        .compose(
            read -> {
              if (read instanceof LogRead.Page page && isWhole(page, at)) {
                var from = page.epoch() == 0 ? at : new LogPosition(page.epoch(), at.offset());
                return Future.succeededFuture(new Recovery(from, endOf(page), true));
              }
              return end(group, now).map(end -> new Recovery(end, end, false));
            });
  }

  private static boolean isWhole(LogRead.Page page, LogPosition from) {
    return page.missing() == 0 && page.first() == from.offset();
  }

  private static Recovery latest(LogRead.Page page, int count) {
    LogPosition end = endOf(page);
    long from = Math.max(page.first(), page.end() - count);
    return new Recovery(
        page.epoch() == 0 ? LogPosition.START : new LogPosition(page.epoch(), from), end, true);
  }

  /**
   * Finds the parts of a streamed answer.
   *
   * @param group that follows it
   * @param since number of the first part that is wanted
   * @return fails with {@code no-such-recipient} when none is kept
   */
  public Future<StreamPlace> findParts(String group, long since, long now) {
    return oldest(group, now)
        .map(page -> StreamPlace.of(page, since))
        .onSuccess(place -> count(place.recovery()));
  }

  private void count(Recovery recovery) {
    (recovery.isComplete() ? metrics.complete : metrics.incomplete).increment();
  }

  /** Reads from the oldest entry on until one is as late as a time. */
  private Future<Recovery> find(
      String group, long time, LogPosition at, boolean hasOlder, long now) {
    return read(group, at, now)
        .compose(
            read -> {
              if (!(read instanceof LogRead.Page page)) {
                // What was read before has been dropped meanwhile.
                return find(group, time, LogPosition.START, false, now);
              }
              boolean older = hasOlder;
              for (LogEntry entry : page.entries()) {
                if (entry.time() >= time) {
                  var from = new LogPosition(page.epoch(), entry.offset());
                  return Future.succeededFuture(new Recovery(from, endOf(page), older));
                }
                older = true;
              }
              return page.isLast()
                  ? Future.succeededFuture(new Recovery(endOf(page), endOf(page), older))
                  : find(group, time, page.position(), older, now);
            });
  }

  /**
   * Returns a page of a history as JSON, with the Messages in their encoded form.
   *
   * @param since null for all that is kept
   */
  public Future<JsonObject> page(String group, Since since, int limit, long now) {
    if (!isOn(group)) {
      return Future.succeededFuture(json(List.of(), LogPosition.START, false, false));
    }
    Since part = since == null ? new Since.Count(Integer.MAX_VALUE) : since;
    return find(group, part, now)
        .compose(
            recovery ->
                store
                    .read(logOf(group), recovery.from(), limit, LISTED_BYTES, now)
                    .map(read -> page(read, recovery)));
  }

  private JsonObject page(LogRead read, Recovery recovery) {
    if (!(read instanceof LogRead.Page page)) {
      return json(List.of(), recovery.end(), false, false);
    }
    List<String> messages = new ArrayList<>();
    for (LogEntry entry : page.entries()) {
      byte[] message = parse(page.epoch(), entry).message().toByteArray();
      messages.add(Base64.getEncoder().encodeToString(message));
    }
    boolean complete = recovery.isComplete() && page.missing() == 0;
    return json(messages, page.position(), complete, !page.isLast());
  }

  private static JsonObject json(
      List<String> messages, LogPosition position, boolean recovered, boolean more) {
    return new JsonObject()
        .put("messages", new JsonArray(messages))
        .put("position", position.toString())
        .put("recovered", recovered)
        .put("more", more);
  }

  /** Returns a Message of a log as clients receive it. */
  public KeptMessage parse(long epoch, LogEntry entry) {
    try {
      Message stored = Message.parseFrom(entry.message());
      metrics.recovered.increment();
      String except = Headers.get(stored, EXCEPT);
      return new KeptMessage(
          epoch,
          entry.offset(),
          withPosition(Headers.without(stored, EXCEPT), new LogPosition(epoch, entry.offset() + 1)),
          except);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a history has something that is not a Message", e);
    }
  }

  /** A member was notified that something is lost which it has not had. */
  public void lost() {
    metrics.incomplete.increment();
  }

  /**
   * Messages were removed whose time is over.
   *
   * @param counts by the names of logs; those of others are ignored
   */
  public void expired(Map<String, Integer> counts) {
    counts.forEach(
        (log, count) -> {
          if (isOn() && (log.startsWith(LOG) || log.startsWith(STREAM_LOG))) {
            metrics.expired.increment(count);
          }
        });
  }
}
