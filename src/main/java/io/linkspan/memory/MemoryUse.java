package io.linkspan.memory;

import java.util.Locale;

/** Lists what the heap is charged for. The label is the tag of the metric. */
public enum MemoryUse {
  /** Links, from their accept to their end. */
  LINKS,
  /** Sessions, with a link or without. */
  SESSIONS,
  /** Memberships of groups. */
  GROUPS,
  /** Frames and messages of which a part is missing. */
  ASSEMBLY,
  /** Messages from clients without an outcome. */
  INBOX,
  /** Messages that wait for a recipient to be found, or for another node. */
  ROUTING,
  /** Messages to clients that are not acknowledged. */
  OUTBOX,
  /** Replicas of other nodes' sessions, and changes that are not sent to the replica. */
  REPLICAS,
  /** Recent eventIds and their outcomes. */
  DUPLICATES,
  /** Logs of Messages that outlive their sessions. */
  LOGS;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Returns the name in metrics and logs. */
  public String label() {
    return label;
  }
}
