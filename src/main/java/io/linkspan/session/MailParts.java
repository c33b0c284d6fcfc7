package io.linkspan.session;

import io.linkspan.delivery.ShardSender;
import io.linkspan.mailbox.MailRemovals;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.session.transfer.IncomingTransfers;
import io.linkspan.time.Scheduler;

/**
 * Shared by all collections of mailboxes of a shard.
 *
 * @param incoming holds what arrives while a mailbox is read
 * @param sender finds the senders that wait for a client
 * @param memory is charged for what was read and has no room in an outbox
 */
record MailParts(
    Mailboxes mailboxes,
    MailRemovals removals,
    IncomingTransfers incoming,
    ShardSender sender,
    MemoryAccount memory,
    Scheduler scheduler) {}
