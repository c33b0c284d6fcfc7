package io.linkspan.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/** One log with its bounds. Pure: times are arguments. It is not shared. */
public final class BoundedLog {

  /** Bytes that an entry weighs beside its Message. */
  private static final int ENTRY = 120;

  private final long epoch;
  private final TreeMap<Long, LogEntry> entries = new TreeMap<>();

  /** Offset from which on no entry was dropped; single ones may be removed. */
  private long first;

  private long next;
  private long bytes;

  /** The earliest time at which an entry may expire. */
  private long earliestExpiry = Long.MAX_VALUE;

  /** Creates an empty log. */
  public BoundedLog(long epoch) {
    this(epoch, 0, 0, List.of());
  }

  /** Creates a log of what another one had. */
  public BoundedLog(long epoch, long first, long next, Collection<LogEntry> entries) {
    this.epoch = epoch;
    this.first = first;
    this.next = next;
    entries.forEach(this::put);
  }

  private void put(LogEntry entry) {
    entries.put(entry.offset(), entry);
    bytes += entry.message().size();
    earliestExpiry = Math.min(earliestExpiry, entry.expires());
  }

  /** As {@link LogStore#append}. */
  public Appended append(List<NewEntry> added, LogBounds bounds, long now) {
    int expired = expire(now);
    long begin = next;
    int dropped = 0;
    for (NewEntry entry : added) {
      while (bounds.whenFull() == LogBounds.WhenFull.DROP_OLDEST
          && !entries.isEmpty()
          && entry.message().size() <= bounds.bytes()
          && !fits(entry, bounds)) {
        dropOldest();
        dropped++;
      }
      if (!fits(entry, bounds)) {
        break;
      }
      put(new LogEntry(next++, now, bounds.expiry(entry, now), entry.message()));
    }
    return new Appended(epoch, begin, (int) (next - begin), dropped, expired);
  }

  private boolean fits(NewEntry entry, LogBounds bounds) {
    return entries.size() < bounds.messages() && bytes + entry.message().size() <= bounds.bytes();
  }

  private void dropOldest() {
    LogEntry oldest = entries.pollFirstEntry().getValue();
    bytes -= oldest.message().size();
    first = oldest.offset() + 1;
  }

  /** As {@link LogStore#read}. */
  public LogRead read(LogPosition from, int maxEntries, long maxBytes, long now) {
    if (!LogRead.exists(from, epoch, first, next)) {
      return new LogRead.Gone(epoch, first);
    }
    List<LogEntry> page = new ArrayList<>();
    long size = 0;
    for (LogEntry entry : entries.tailMap(Math.max(first, from.offset())).values()) {
      if (entry.expires() <= now) {
        continue;
      }
      size += entry.message().size();
      if (page.size() == maxEntries || (size > maxBytes && !page.isEmpty())) {
        break;
      }
      page.add(entry);
    }
    return LogRead.page(from, epoch, first, next, page);
  }

  /** As {@link LogStore#remove}. */
  public int remove(long ofEpoch, Collection<Long> offsets) {
    return ofEpoch == epoch ? removeAll(offsets) : 0;
  }

  private int removeAll(Collection<Long> offsets) {
    int removed = 0;
    for (Long offset : offsets) {
      LogEntry entry = entries.remove(offset);
      if (entry != null) {
        bytes -= entry.message().size();
        removed++;
      }
    }
    return removed;
  }

  /** As {@link LogStore#trim}. */
  public int trim(LogPosition to) {
    if (to.epoch() != epoch) {
      return 0;
    }
    int removed = removeAll(List.copyOf(entries.headMap(to.offset()).keySet()));
    first = Math.max(first, Math.min(to.offset(), next));
    return removed;
  }

  /** Removes expired entries, and returns their number. */
  public int expire(long now) {
    if (now < earliestExpiry) {
      return 0;
    }
    List<Long> expired =
        entries.values().stream()
            .filter(entry -> entry.expires() <= now)
            .map(LogEntry::offset)
            .toList();
    removeAll(expired);
    earliestExpiry =
        entries.values().stream().mapToLong(LogEntry::expires).min().orElse(Long.MAX_VALUE);
    if (!expired.isEmpty()) {
      first = Math.max(first, entries.isEmpty() ? next : entries.firstKey());
    }
    return expired.size();
  }

  /** Returns whether the log ends: nothing is left of it. */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** Returns the bytes that the log weighs on the heap. */
  public long cost() {
    return bytes + (long) ENTRY * entries.size();
  }

  /** Returns the epoch. */
  public long epoch() {
    return epoch;
  }

  /** Returns the offset from which on no entry was dropped. */
  public long first() {
    return first;
  }

  /** Returns the offset of the next entry. */
  public long next() {
    return next;
  }

  /** Returns all entries in their order. */
  public Collection<LogEntry> entries() {
    return List.copyOf(entries.values());
  }
}
