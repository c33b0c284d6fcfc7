package io.linkspan.session;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.Identity;
import io.linkspan.admission.Offence;
import io.linkspan.admission.TokenBucket;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.time.Scheduler;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Renews the identities of connected clients: a Message of type {@code auth} carries a new token of
 * the same user. Used only on the shard's event loop.
 */
final class Renewals {

  /** Renewals per second of one session. */
  private static final int RATE = 5;

  /** The renewals of one session. */
  private static final class State {
    final TokenBucket rate;
    boolean pending;

    State(long now) {
      rate = new TokenBucket(RATE, now);
    }
  }

  private final IdentityServices identities;
  private final IdentityExpiry expiry;
  private final Scheduler scheduler;
  private final Map<Session, State> states = new WeakHashMap<>();

  Renewals(IdentityServices identities, IdentityExpiry expiry, Scheduler scheduler) {
    this.identities = identities;
    this.expiry = expiry;
    this.scheduler = scheduler;
  }

  /** Returns whether identities are verified, so that they can be renewed. */
  boolean areUsed() {
    return identities.provider().verifies();
  }

  /**
   * Verifies the token of a Message.
   *
   * @param receipt receives the outcome
   */
  void renew(Session session, Message auth, Receipt receipt) {
    String eventId = auth.getEventId();
    if (eventId.length() > Inbox.MAX_NAME) {
      receipt.refused("", new MessageException(ErrorCode.MALFORMED, "the eventId is too long"));
      return;
    }
    if (!session.isIdentified()) {
      receipt.refused(
          eventId, new MessageException(ErrorCode.UNAVAILABLE, "the client has disconnected"));
      return;
    }
    State state = states.computeIfAbsent(session, s -> new State(scheduler.now()));
    long wait = state.pending ? 1 : state.rate.take(1, scheduler.now());
    if (wait > 0) {
      receipt.refused(
          eventId,
          new MessageException(ErrorCode.RATE_LIMITED, "too many renewals of the identity", wait));
      return;
    }
    state.pending = true;
    var credentials =
        new Credentials(
            null,
            auth.getBody(),
            null,
            null,
            true,
            Credentials.Source.of(
                session.client().link().transport(), session.client().link().remote()));
    identities
        .provider()
        .identify(credentials)
        .onComplete(
            identity -> {
              state.pending = false;
              renewed(session, identity, eventId, receipt);
            },
            failure -> {
              state.pending = false;
              ConnectRefusedException why = ConnectPolicy.notOpened(failure);
              receipt.refused(eventId, refusal(why));
              if (!why.isTemporary()) {
                session.offended(Offence.UNAUTHENTICATED);
              }
            });
  }

  private void renewed(Session session, Identity identity, String eventId, Receipt receipt) {
    if (!identity.user().equals(session.user())) {
      receipt.refused(
          eventId,
          new MessageException(ErrorCode.FORBIDDEN, "the credentials are of another user"));
      session.offended(Offence.UNAUTHENTICATED);
      return;
    }
    if (session.isIdentified()) {
      session.identified(identity, true);
      expiry.watch(session);
    }
    receipt.accepted(eventId);
  }

  private static MessageException refusal(ConnectRefusedException why) {
    return new MessageException(code(why.reason()), why.getMessage(), why.retryAfterMs());
  }

  private static ErrorCode code(CloseReason reason) {
    return switch (reason) {
      case UNAUTHENTICATED -> ErrorCode.UNAUTHENTICATED;
      case FORBIDDEN -> ErrorCode.FORBIDDEN;
      case RATE_LIMITED -> ErrorCode.RATE_LIMITED;
      default -> ErrorCode.UNAVAILABLE;
    };
  }
}
