package io.linkspan.revocation;

import io.linkspan.admission.Identity;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.api.Revocation.Source;
import io.linkspan.api.RevocationPage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.IntSupplier;

/**
 * The entries that refuse clients, with one index for each kind. Lists of several nodes merge in
 * any order to the same list: of two entries for the same value, the one that ends later counts.
 * Pure: times are milliseconds since 1970. Look-ups are made on any thread without waiting; changes
 * are synchronized.
 */
public final class RevocationList {

  private static final Comparator<Revocation> BY_END =
      Comparator.comparing(Revocation::until).thenComparing(Revocation::id);

  /** The last entry of this order is the one that counts. */
  private static final Comparator<Revocation> BY_CLAIM =
      Comparator.comparing(Revocation::until)
          .thenComparing(Revocation::createdAt)
          .thenComparing(Revocation::reason);

  private final IntSupplier max;
  private final ConcurrentSkipListMap<String, Revocation> all = new ConcurrentSkipListMap<>();
  private final Map<Kind, Map<String, Revocation>> byValue = new EnumMap<>(Kind.class);
  private final NetworkTable networks = new NetworkTable();
  private final NavigableSet<Revocation> byEnd = new TreeSet<>(BY_END);
  private final NavigableSet<Revocation> bans = new TreeSet<>(BY_END);

  /**
   * @param max entries, which can change; see {@link #makeRoom}
   */
  public RevocationList(IntSupplier max) {
    this.max = max;
    for (Kind kind : Kind.values()) {
      byValue.put(kind, new ConcurrentHashMap<>());
    }
  }

  // ---------------------------------------------------------------------------- look-ups

  /** Returns an entry in force that refuses an identity; null when there is none. */
  public Revocation find(Identity identity, long now) {
    return find(identity.user(), identity.tokenId(), identity.issuedAt(), now);
  }

  /**
   * Returns an entry in force that refuses an identity; null when there is none.
   *
   * @param tokenId null without one
   * @param issuedAt of the token; 0 when that is not known, which counts as long ago
   */
  public Revocation find(String user, String tokenId, long issuedAt, long now) {
    if (all.isEmpty()) {
      return null;
    }
    Revocation ofUser = inForce(byValue.get(Kind.USER).get(user), now);
    // A ban is the mildest entry: what else is in force counts for more.
    Revocation entry = ofUser == null || ofUser.source() == Source.BAN ? null : ofUser;
    if (entry == null && tokenId != null) {
      entry = inForce(byValue.get(Kind.TOKEN).get(tokenId), now);
    }
    if (entry == null) {
      Revocation tokens = inForce(byValue.get(Kind.TOKENS).get(user), now);
      entry = tokens != null && issuedAt < tokens.issuedBefore().toEpochMilli() ? tokens : null;
    }
    return entry == null ? ofUser : entry;
  }

  /**
   * Returns an entry in force that refuses a network address; null when there is none.
   *
   * @param address without a port
   */
  public Revocation findNetwork(String address, long now) {
    return networks.find(address, now);
  }

  /** Returns an entry; null when there is none with this id. */
  public Revocation get(String id) {
    return all.get(id);
  }

  /** Returns the number of entries. */
  public synchronized int size() {
    return byEnd.size();
  }

  /** Returns the number of entries of one kind. */
  public int size(Kind kind) {
    return byValue.get(kind).size();
  }

  /** Returns all entries. */
  public List<Revocation> entries() {
    return new ArrayList<>(all.values());
  }

  /**
   * Returns one page of the entries in the order of their ids.
   *
   * @param cursor id of the last entry of the page before; null for the first page
   */
  public RevocationPage page(String cursor, int limit) {
    var rest = cursor == null ? all : all.tailMap(cursor, false);
    List<Revocation> page = rest.values().stream().limit(limit + 1L).toList();
    return page.size() <= limit
        ? new RevocationPage(page, null)
        : new RevocationPage(page.subList(0, limit), page.get(limit - 1).id());
  }

  private static Revocation inForce(Revocation entry, long now) {
    return entry == null || !RevocationRules.isInForce(entry, now) ? null : entry;
  }

  // ----------------------------------------------------------------------------- changes

  /**
   * Decides which entry gives way to a new one. Bans give way, the one that ends first; entries of
   * operators and services do not.
   *
   * @return null when none must
   * @throws MessageException {@code queue-full} when none can
   */
  public synchronized Revocation makeRoom(Revocation entry) {
    if (byEnd.size() < max.getAsInt() || all.containsKey(entry.id())) {
      return null;
    }
    if (bans.isEmpty()) {
      throw new MessageException(
          ErrorCode.QUEUE_FULL,
          "there are " + max.getAsInt() + " revocations, which is revocation.max");
    }
    return bans.first();
  }

  /**
   * Adds an entry, or merges it with the one that has the same kind and value.
   *
   * @return the entry as it is in the list now; null when it adds nothing
   */
  public synchronized Revocation put(Revocation entry) {
    Revocation before = all.get(entry.id());
    Revocation after = before == null ? entry : merge(before, entry);
    if (after.equals(before)) {
      return null;
    }
    if (before != null) {
      forget(before);
    }
    all.put(after.id(), after);
    byValue.get(after.kind()).put(after.value(), after);
    if (after.kind() == Kind.NETWORK) {
      networks.put(after);
    }
    byEnd.add(after);
    if (after.source() == Source.BAN) {
      bans.add(after);
    }
    return after;
  }

  /** Removes an entry and returns it; null when there is none with this id. */
  public synchronized Revocation remove(String id) {
    Revocation entry = all.remove(id);
    if (entry != null) {
      forget(entry);
      byValue.get(entry.kind()).remove(entry.value());
      if (entry.kind() == Kind.NETWORK) {
        networks.remove(entry);
      }
    }
    return entry;
  }

  /** Removes the entries that have ended. */
  public synchronized void prune(long now) {
    while (!byEnd.isEmpty() && !RevocationRules.isInForce(byEnd.first(), now)) {
      remove(byEnd.first().id());
    }
  }

  private void forget(Revocation entry) {
    byEnd.remove(entry);
    bans.remove(entry);
  }

  /** Returns one entry for two of the same kind and value, in whichever order they are given. */
  public static Revocation merge(Revocation one, Revocation other) {
    boolean oneCounts = BY_CLAIM.compare(one, other) >= 0;
    Revocation later = oneCounts ? one : other;
    Revocation earlier = oneCounts ? other : one;
    return new Revocation(
        later.id(),
        later.kind(),
        later.value(),
        later.issuedBefore() == null || !earlier.issuedBefore().isAfter(later.issuedBefore())
            ? later.issuedBefore()
            : earlier.issuedBefore(),
        later.until(),
        later.createdAt(),
        later.reason(),
        later.source().compareTo(earlier.source()) <= 0 ? later.source() : earlier.source());
  }
}
