package io.linkspan.session;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.api.stream.StreamFailure;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.history.FeedMembers;
import io.linkspan.history.GroupHistories;
import io.linkspan.history.KeptMessage;
import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.routing.Recipient;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The members of one group on one shard, as its feed sees them. Used only on the shard's event
 * loop.
 */
final class HistoryFeed implements FeedMembers<Session> {

  private final String group;

  /** Id of the streamed answer that the group follows; null for a group of clients. */
  private final String stream;

  private final Groups<Session> groups;
  private final GroupHistories histories;
  private final MessageDefaults defaults;

  /** Messages of the page that is delivered, by their offsets. */
  private final Map<Long, KeptMessage> parsed = new HashMap<>();

  /** One form of each Message for all members that get it now. */
  private final IdentityHashMap<KeptMessage, Outgoing> encoded = new IdentityHashMap<>();

  HistoryFeed(
      String group, Groups<Session> groups, GroupHistories histories, MessageDefaults defaults) {
    this.group = group;
    stream = Addresses.isGroupOfStream(group) ? Addresses.streamOf(group) : null;
    this.groups = groups;
    this.histories = histories;
    this.defaults = defaults;
  }

  /** Forgets the forms of the Messages that were delivered. */
  void clear() {
    parsed.clear();
    encoded.clear();
  }

  @Override
  public List<Session> all() {
    return groups.membersOf(group).stream().filter(member -> !member.hasMoved()).toList();
  }

  @Override
  public boolean contains(Session member) {
    return groups.membersOf(group).contains(member) && !member.hasMoved();
  }

  @Override
  public LogPosition position(Session member) {
    return member.memberships().position(group);
  }

  @Override
  public void place(Session member, LogPosition position) {
    if (contains(member)) {
      member.memberships().place(group, position);
      member.replica().placed(group, position.epoch(), position.offset());
    }
  }

  @Override
  public boolean deliver(Session member, KeptMessage kept) {
    if (member.id().equals(kept.except()) || (stream != null && !contains(member))) {
      return true;
    }
    Outgoing outgoing = encoded.computeIfAbsent(kept, message -> new Outgoing(message.message()));
    MessageException refusal = member.refusalOf(outgoing);
    if (refusal != null && refusal.code() == ErrorCode.QUEUE_FULL) {
      return false;
    }
    member.deliver(outgoing, null);
    if (stream != null && Headers.get(kept.message(), Headers.STREAM_END) != null) {
      groups.leave(member, group);
    }
    return true;
  }

  /**
   * States the loss of a part of a history; ends a streamed answer, which is of no use without it.
   */
  @Override
  public void lost(Session member, LogPosition position) {
    histories.lost();
    Message.Builder notice = stream == null ? gap(position) : failure();
    Message complete = notice.setFrom(Recipient.ofGroup(group).address()).build();
    member.deliver(new Outgoing(defaults.complete(complete)), null);
    if (stream != null) {
      groups.leave(member, group);
    }
  }

  private static Message.Builder gap(LogPosition position) {
    return Message.newBuilder()
        .setType(ReservedTypes.HISTORY_GAP)
        .putHeaders(Headers.RECOVERED, "false")
        .putHeaders(Headers.POSITION, position.toString());
  }

  private Message.Builder failure() {
    return StreamFailure.of(
            new MessageException(
                ErrorCode.UNAVAILABLE, "parts were dropped before they reached this session"))
        .setTo(Recipient.ofGroup(group).address())
        .putHeaders(Headers.STREAM, stream);
  }

  @Override
  public KeptMessage parse(long epoch, LogEntry entry) {
    return parsed.computeIfAbsent(entry.offset(), offset -> histories.parse(epoch, entry));
  }
}
