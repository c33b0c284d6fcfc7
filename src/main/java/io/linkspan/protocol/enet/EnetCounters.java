package io.linkspan.protocol.enet;

/** Counts what a host has done since it was made. Read on its event loop. */
@SuppressWarnings("EnumOrdinal") // an index that never leaves this object
public final class EnetCounters {
  long datagramsReceived;
  long bytesReceived;
  long datagramsSent;
  long bytesSent;
  long retransmissions;
  private long dropped;
  private final long[] drops = new long[DropReason.values().length];

  EnetCounters() {}

  void drop(DropReason reason) {
    dropped++;
    drops[reason.ordinal()]++;
  }

  public long datagramsReceived() {
    return datagramsReceived;
  }

  /** Bytes of UDP payload. */
  public long bytesReceived() {
    return bytesReceived;
  }

  public long datagramsSent() {
    return datagramsSent;
  }

  /** Bytes of UDP payload. */
  public long bytesSent() {
    return bytesSent;
  }

  /** Commands that were sent again. */
  public long retransmissions() {
    return retransmissions;
  }

  /** Datagrams, or ends of datagrams, ignored for any reason. */
  public long dropped() {
    return dropped;
  }

  /** Datagrams, or ends of datagrams, ignored for this reason. */
  public long dropped(DropReason reason) {
    return drops[reason.ordinal()];
  }
}
