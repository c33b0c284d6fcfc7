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

  private final MailParts parts;
  private final SessionTable table;

  /** Collections by session: of those whose mailbox is or was not empty. */
  private final Map<String, MailCollection> collections = new HashMap<>();

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

  /** A session has a new client, which gets the mailbox before Messages that are sent later. */
  void begin(Session session) {
    if (parts.mailboxes().isOn() && session.mayReturn()) {
      collect(session);
    }
  }

  /** Something was appended to a user's mailbox; what is sent from now on waits for it. */
  void collect(String user) {
    List<Session> sessions = table.ofUser(user);
    if (sessions != null) {
      List.copyOf(sessions).stream().filter(session -> !session.hasMoved()).forEach(this::collect);
    }
  }

  private void collect(Session session) {
    collections.computeIfAbsent(session.id(), id -> new MailCollection(parts, session)).start();
  }

  /** A session is not on this shard any more. */
  void left(Session session) {
    MailCollection collection = collections.remove(session.id());
    if (collection != null) {
      collection.stop();
    }
  }
}
