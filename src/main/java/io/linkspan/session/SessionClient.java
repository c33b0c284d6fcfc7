package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.admission.Offence;
import io.linkspan.admission.RemoteAddress;
import io.linkspan.connection.Connection;
import io.linkspan.trace.ClientTrace;
import io.linkspan.trace.TracedLink;
import io.linkspan.wire.SessionState;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The client of a session: its link and its identity while it is linked, and what is known of both
 * afterwards. Used only on the event loop of the session's shard.
 */
final class SessionClient {

  private final SessionParts parts;

  /** Null while there is none. */
  private Connection link;

  /** Name of the link's transport; null when there never was a link. */
  private final String transport;

  /** See {@link Connection#data}. */
  private Long data;

  /**
   * When anything last arrived from the client, set while it has no link; milliseconds since 1970.
   */
  private long lastSeenAt;

  /** When the session came to this shard, on the scheduler's clock. */
  private final long since;

  /** Null while no client is linked, and until the session is complete. */
  private Identity identity;

  /** Of the identity that the client has, or had last. */
  private String tokenId;

  /** As {@link Identity#issuedAt}, of the same identity. */
  private long issuedAt;

  private boolean notices;

  /** Groups whose presence it watches. */
  private Set<String> watched = Set.of();

  /** Null while nobody watches the client. */
  private ClientTrace trace;

  /**
   * Creates the client of a session.
   *
   * @param link null while there is none
   */
  SessionClient(SessionParts parts, Connection link) {
    this.parts = parts;
    this.link = link;
    since = parts.scheduler().now();
    transport = link == null ? null : link.transport();
    data = link == null ? null : link.data();
  }

  /** Returns the link; null while there is none. */
  Connection link() {
    return link;
  }

  /** Returns the name of the transport; null when there never was a link here. */
  String transport() {
    return transport;
  }

  /** Returns the number that the client gave at the start or the end of its link, or null. */
  Long data() {
    return data;
  }

  /** Returns when the session came to this shard; milliseconds since 1970. */
  long connectedAt() {
    return parts.scheduler().wallTime() - age();
  }

  /** Returns for how long the session has been on this shard; milliseconds. */
  long age() {
    return parts.scheduler().now() - since;
  }

  /** Returns when the client was heard of last; milliseconds since 1970. */
  long lastSeenAt() {
    return link == null
        ? lastSeenAt
        : System.currentTimeMillis() - (parts.scheduler().now() - link.lastReceived());
  }

  /** Returns the identity; null while no client is linked. */
  Identity identity() {
    return identity;
  }

  /** Returns the id of the token that the client has, or had last; null without one. */
  String tokenId() {
    return tokenId;
  }

  /** Returns {@link Identity#issuedAt} of the same identity. */
  long issuedAt() {
    return issuedAt;
  }

  /** Returns the groups whose presence it watches. */
  Set<String> watched() {
    return Collections.unmodifiableSet(watched);
  }

  /** Adds a watched group; returns whether it was not watched yet. */
  boolean watch(String group) {
    if (watched.isEmpty()) {
      watched = new LinkedHashSet<>(4);
    }
    return watched.add(group);
  }

  /** Removes a watched group; returns whether it was watched. */
  boolean unwatch(String group) {
    return !watched.isEmpty() && watched.remove(group);
  }

  /** Returns whether the client is to be notified before its identity ends. */
  boolean wantsNotices() {
    return notices || (link != null && link.readsJson());
  }

  /**
   * Sets the identity.
   *
   * @param asksForNotices whether the client wants a notice before the identity ends
   */
  void identified(Identity verified, boolean asksForNotices) {
    identity = verified;
    tokenId = verified.tokenId();
    issuedAt = verified.issuedAt();
    notices |= asksForNotices;
  }

  /** Takes what is known of the client that the session had on another shard. */
  void restore(SessionState before) {
    tokenId = before.getTokenId().isEmpty() ? null : before.getTokenId();
    issuedAt = before.getIssuedAt();
    before.getWatchedList().forEach(this::watch);
  }

  /**
   * Counts an offence of the linked client.
   *
   * @return milliseconds for which the client is banned; 0 when it is not
   */
  long count(Offence offence) {
    return parts.offences().count(offence, RemoteAddress.host(link.remote()), identity);
  }

  /** Returns the bytes that wait to be written to the link. */
  long backlog() {
    return link == null ? 0 : link.backlog().bytes();
  }

  /** Stores what is known only at the end of the link. */
  void linkClosed() {
    data = link.data();
  }

  /** Releases the closed link: with all that belongs to it, it is much larger than the session. */
  void release() {
    lastSeenAt = lastSeenAt();
    link = null;
    identity = null;
  }

  /**
   * Traces what is written to the link, from now on.
   *
   * @param trace null for none
   * @return the link to write to; null while there is none
   */
  Connection trace(ClientTrace trace) {
    this.trace = trace;
    if (link != null) {
      link = TracedLink.of(link, trace);
    }
    return link;
  }

  /** Returns the trace; null while nobody watches. */
  ClientTrace trace() {
    return trace;
  }
}
