package io.linkspan.session;

import io.linkspan.delivery.ShardSender;
import io.linkspan.mailbox.MailRemovals;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.session.transfer.IncomingTransfers;
import io.linkspan.time.Scheduler;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Delivers what users of one shard have in their mailboxes, to each session of the user: when the
 * session begins or resumes, and when another shard has appended. Used only on the shard's event
 * loop.
 */
final class MailDelivery {

  /** How often it is checked, in the time after which devices are forgotten, which are known. */
  private static final long REFRESHES = 8;

  private static final long SHORTEST_PAUSE_MS = 1_000;

  private final MailParts parts;
  private final SessionTable table;

  /** Collections by session: of those whose mailbox is or was not empty. */
  private final Map<String, MailCollection> collections = new HashMap<>();

  /** Whether a timer renews what is known of devices. */
  private boolean refreshes;

  private MailDelivery(MailParts parts, SessionTable table) {
    this.parts = parts;
    this.table = table;
  }

  /** Creates the delivery of one shard. */
  static MailDelivery of(
      Mailboxes mailboxes,
      IncomingTransfers incoming,
      ShardSender sender,
      MemoryAccount memory,
      Scheduler scheduler,
      SessionTable table) {
    var removals = new MailRemovals(mailboxes, scheduler);
    return new MailDelivery(
        new MailParts(mailboxes, removals, incoming, sender, memory, scheduler), table);
  }

  /**
   * A session has a new client, which gets the mailbox before Messages that are sent later.
   *
   * @param device key of its device; empty for none
   */
  void begin(Session session, String device) {
    if (!parts.mailboxes().isOn() || !session.mayReturn()) {
      return;
    }
    MailCollection before = collections.get(session.id());
    if (before != null && !before.isOf(device)) {
      left(session);
    }
    collections
        .computeIfAbsent(session.id(), id -> new MailCollection(parts, session, device))
        .start();
    if (parts.mailboxes().arePerDevice() && !refreshes) {
      refreshes = true;
      refreshLater();
    }
  }

  /** A session continues from its copy, which does not say on which device it is. */
  void adopted(Session session) {
    if (!parts.mailboxes().arePerDevice()) {
      begin(session, "");
    }
  }

  private void refreshLater() {
    long pause = Math.max(SHORTEST_PAUSE_MS, parts.mailboxes().longest() / REFRESHES);
    parts.scheduler().schedule(pause, this::refresh);
  }

  private void refresh() {
    List.copyOf(collections.values()).forEach(MailCollection::refresh);
    refreshLater();
  }

  /** Something was appended to a user's mailbox; what is sent from now on waits for it. */
  void collect(String user) {
    List<Session> sessions = table.ofUser(user);
    if (sessions != null) {
      List.copyOf(sessions).stream().filter(session -> !session.hasMoved()).forEach(this::collect);
    }
  }

  private void collect(Session session) {
    MailCollection known = collections.get(session.id());
    if (known != null) {
      known.start();
    } else if (!parts.mailboxes().arePerDevice()) {
      begin(session, "");
    }
  }

  /** A session is not on this shard any more. */
  void left(Session session) {
    MailCollection collection = collections.remove(session.id());
    if (collection != null) {
      collection.stop();
    }
  }
}
