package io.linkspan.protocol.enet;

/**
 * Counts the bytes that a host holds of received messages, for all its peers together, and bounds
 * those that are incomplete or held back (§18). When there is no room, a peer that holds much more
 * than the one that asks loses its connection: many hostile peers leave room for a good one.
 */
final class ReceiveBudget {

  /** The part of one peer. Accounts of about the same size, by powers of two, form a list. */
  static final class Account {
    private final Runnable evict;
    private long held;
    private int level;
    private Account previous;
    private Account next;

    /**
     * @param evict ends the connection and gives back everything that it holds
     */
    Account(Runnable evict) {
      this.evict = evict;
    }
  }

  private final long limit;
  private final Account[] first = new Account[Long.SIZE];
  private int highest;
  private long held;
  private long delivered;

  ReceiveBudget(long limit) {
    this.limit = limit;
  }

  /** Makes room for further bytes of a peer; returns false when it must wait with them. */
  boolean admits(Account account, long more) {
    int wanted = level(account.held + more);
    while (held + more > limit) {
      if (highest() <= wanted) {
        return false;
      }
      first[highest].evict.run();
    }
    return true;
  }

  /** Ends the connections that hold most, until no more than this is incomplete or held back. */
  void shrink(long to) {
    while (held > to && highest() > 0) {
      first[highest].evict.run();
    }
  }

  /** Charges bytes that are incomplete or held back, or gives them back when negative. */
  void hold(Account account, long bytes) {
    held += bytes;
    account.held += bytes;
    int level = level(account.held);
    if (level != account.level) {
      unlink(account);
      account.level = level;
      link(account);
    }
  }

  /** Charges bytes that the application will take, or gives them back when negative. */
  void deliver(long bytes) {
    delivered += bytes;
  }

  /** Bytes held, and delivered ones that the application has not taken. */
  long used() {
    return held + delivered;
  }

  private int highest() {
    while (highest > 0 && first[highest] == null) {
      highest--;
    }
    return highest;
  }

  /** 0 for nothing, else the number of bits. */
  private static int level(long bytes) {
    return Long.SIZE - Long.numberOfLeadingZeros(bytes);
  }

  private void link(Account account) {
    if (account.level == 0) {
      return;
    }
    account.next = first[account.level];
    if (account.next != null) {
      account.next.previous = account;
    }
    first[account.level] = account;
    highest = Math.max(highest, account.level);
  }

  private void unlink(Account account) {
    if (account.level == 0) {
      return;
    }
    if (account.previous == null) {
      first[account.level] = account.next;
    } else {
      account.previous.next = account.next;
    }
    if (account.next != null) {
      account.next.previous = account.previous;
    }
    account.previous = null;
    account.next = null;
  }
}
