package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.admission.RemoteAddress;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.api.Revocation.Source;
import io.linkspan.connection.CloseReason;
import io.linkspan.revocation.RevocationCheck;
import io.linkspan.revocation.RevocationRules;
import io.linkspan.revocation.RevokedClients;
import io.linkspan.time.Scheduler;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Ends the sessions of a shard whose clients are refused from now on, with their links; of a banned
 * user only the links, since it may resume its sessions later. Entries that are added within a
 * short time are looked for together, since that takes a look at all sessions. Used only on the
 * shard's event loop.
 */
final class RevokedSessions {

  /** A session to be ended. */
  private record Affected(Session session, Revocation entry) {}

  /** Between two looks at the sessions; milliseconds. */
  private static final long PAUSE_MS = 50;

  /** Sessions that are ended in one turn of the event loop. */
  private static final int BATCH = 500;

  private final Scheduler scheduler;
  private final SessionTable sessions;
  private final RevokedClients revoked;
  private final Consumer<Kind> onEnd;
  private final List<Revocation> added = new ArrayList<>();
  private final Queue<Affected> affected = new ArrayDeque<>();
  private long nextLook;
  private boolean ending;

  /**
   * @param onEnd receives the kind of the entry for each session that was ended
   */
  RevokedSessions(
      Scheduler scheduler, SessionTable sessions, RevokedClients revoked, Consumer<Kind> onEnd) {
    this.scheduler = scheduler;
    this.sessions = sessions;
    this.revoked = revoked;
    this.onEnd = onEnd;
  }

  /** Returns one that is notified of new entries, wherever they are added. */
  static RevokedSessions start(
      Scheduler scheduler, SessionTable sessions, NodeServices shared, Executor loop) {
    RevokedClients clients = shared.identities().revoked();
    var revoked = new RevokedSessions(scheduler, sessions, clients, shared.metrics()::revoked);
    clients.listen(entry -> loop.execute(() -> revoked.added(entry)));
    return revoked;
  }

  /**
   * Returns the entry that refuses a client; null when there is none.
   *
   * @param remote network address of the client, {@code host:port}
   */
  Revocation find(Identity identity, String remote) {
    Revocation entry = revoked.find(identity.user(), identity.tokenId(), identity.issuedAt());
    return entry == null ? revoked.findNetwork(RemoteAddress.host(remote)) : entry;
  }

  /** Refuses a client that an entry concerns since its identity was verified. */
  <T> Future<T> refused(Revocation entry) {
    return Future.failedFuture(RevocationCheck.refusalOf(entry, scheduler.wallTime()));
  }

  /** Ends a session without a link if its client is refused. */
  void check(Session session) {
    end(session, find(session));
  }

  /** Ends the sessions that an entry concerns, soon. */
  void added(Revocation entry) {
    added.add(entry);
    if (added.size() == 1) {
      scheduler.schedule(Math.max(1, nextLook - scheduler.now()), this::look);
    }
  }

  private void look() {
    nextLook = scheduler.now() + PAUSE_MS;
    if (added.stream().anyMatch(entry -> !isOfUser(entry))) {
      find(sessions.owned());
    } else {
      for (Revocation entry : added) {
        List<Session> all = sessions.ofUser(entry.value());
        find(all == null ? List.of() : all);
      }
    }
    added.clear();
    if (!ending) {
      endSome();
    }
  }

  private static boolean isOfUser(Revocation entry) {
    return entry.kind() == Kind.USER || entry.kind() == Kind.TOKENS;
  }

  private void find(Collection<Session> candidates) {
    for (Session session : candidates) {
      Revocation entry = find(session);
      if (entry != null) {
        affected.add(new Affected(session, entry));
      }
    }
  }

  private Revocation find(Session session) {
    Revocation entry =
        revoked.find(session.user(), session.client().tokenId(), session.client().issuedAt());
    if (session.client().link() == null || (entry != null && entry.source() != Source.BAN)) {
      return entry;
    }
    Revocation network = revoked.findNetwork(RemoteAddress.host(session.client().link().remote()));
    // A banned address may be that of others too: those who are connected stay.
    return network == null || network.source() == Source.BAN ? entry : network;
  }

  private void endSome() {
    for (int i = 0; i < BATCH && !affected.isEmpty(); i++) {
      Affected next = affected.remove();
      end(next.session(), next.entry());
    }
    ending = !affected.isEmpty();
    if (ending) {
      scheduler.schedule(1, this::endSome);
    }
  }

  private void end(Session session, Revocation entry) {
    if (entry == null) {
      return;
    }
    if (entry.source() == Source.BAN) {
      session.disconnect(
          CloseReason.RATE_LIMITED, RevocationRules.remaining(entry, scheduler.wallTime()));
      return;
    }
    CloseReason reason = reasonOf(entry);
    long retryAfterMs =
        reason == CloseReason.BLOCKED ? RevocationRules.remaining(entry, scheduler.wallTime()) : 0;
    if (session.revoke(reason, retryAfterMs)) {
      onEnd.accept(entry.kind());
    }
  }

  /** Returns the reason for which the sessions of an entry end. */
  static CloseReason reasonOf(Revocation entry) {
    return switch (entry.kind()) {
      case TOKEN, TOKENS -> CloseReason.REVOKED;
      case USER, NETWORK -> CloseReason.BLOCKED;
    };
  }
}
