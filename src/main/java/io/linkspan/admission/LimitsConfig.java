package io.linkspan.admission;

import io.linkspan.config.ConfigNode;
import io.linkspan.translate.MessageLimits;
import java.time.Duration;

/**
 * Limits for one client or for all of them. Zero is no limit, also as a rate.
 *
 * @param connections live connections of this node
 * @param connectionsPerAddress live connections from one network address
 * @param connectsPerAddress connects per second from one network address
 * @param connectsPerUser connects per second of one user
 * @param messageRate Messages per second of one connection
 * @param byteRate bytes of Messages per second of one connection
 * @param inFlight Messages of one connection in hand; further ones wait
 * @param waiting Messages of one connection that wait; further ones fail as queue-full
 * @param waitingBytes the same in bytes
 * @param writeQueue bytes not yet written to one connection; above, it is a slow consumer
 * @param stalled time for which a peer may read nothing of what waits for it; then its link is
 *     dropped
 * @param pending links whose client has not joined yet
 * @param malformed frames that cannot be understood before the connection ends
 * @param costRate units of work per second of one connection, see {@link MessageWork}
 * @param joinNames groups that one Message joins or leaves
 * @param messages parts of one Message
 * @param closeTimeout time for a client to answer a close; then its link is dropped
 */
public record LimitsConfig(
    int connections,
    int connectionsPerAddress,
    int connectsPerAddress,
    int connectsPerUser,
    int messageRate,
    int byteRate,
    int inFlight,
    int waiting,
    long waitingBytes,
    long writeQueue,
    Duration stalled,
    Pending pending,
    int malformed,
    int costRate,
    int joinNames,
    MessageLimits messages,
    Duration closeTimeout) {

  /**
   * Limits for everything that exists before a client has joined.
   *
   * @param max of this node
   * @param maxPerAddress of one network address
   * @param timeout after which it is given up
   */
  public record Pending(int max, int maxPerAddress, Duration timeout) {

    /** Returns limits that nothing reaches. */
    public static Pending unlimited(Duration timeout) {
      return new Pending(Integer.MAX_VALUE, Integer.MAX_VALUE, timeout);
    }

    private static Pending read(ConfigNode pending) {
      return new Pending(
          orUnlimited(pending.count("max", 0)),
          orUnlimited(pending.count("maxPerAddress", 0)),
          pending.duration("timeout"));
    }
  }

  /** Returns whether the Messages of a connection are limited by a rate. */
  public boolean hasRates() {
    return messageRate > 0 || byteRate > 0 || costRate > 0;
  }

  /** Reads the section {@code limits}. */
  public static LimitsConfig read(ConfigNode limits) {
    ConfigNode connectRate = limits.section("connectRate");
    return new LimitsConfig(
        limits.count("connections", 0),
        limits.count("connectionsPerAddress", 0),
        connectRate.rate("perAddress"),
        connectRate.rate("perUser"),
        limits.rate("messageRate"),
        limits.rate("byteRate"),
        orUnlimited(limits.count("inFlight", 0)),
        orUnlimited(limits.count("waiting", 0)),
        orUnlimited(limits.size("waitingBytes", 0)),
        limits.size("writeQueue", 0),
        limits.duration("stalled"),
        Pending.read(limits.section("pending")),
        limits.count("malformed", 0),
        limits.rate("costRate"),
        orUnlimited(limits.count("joinNames", 0)),
        new MessageLimits(
            orUnlimited(limits.count("headers", 0)), orUnlimited(limits.count("attachments", 0))),
        limits.duration("closeTimeout"));
  }

  private static int orUnlimited(int limit) {
    return limit == 0 ? Integer.MAX_VALUE : limit;
  }
}
