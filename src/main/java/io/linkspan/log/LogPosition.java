package io.linkspan.log;

/**
 * A place in a log.
 *
 * @param epoch of the log; 0 only in {@link #START}
 * @param offset of the entry that is read next
 */
public record LogPosition(long epoch, long offset) {

  /** The oldest entry that there is, whatever the epoch. */
  public static final LogPosition START = new LogPosition(0, 0);
}
