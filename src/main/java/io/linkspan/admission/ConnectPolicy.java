package io.linkspan.admission;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Decides which clients connect, in the same way for every transport. A transport asks for a place
 * when a link arrives, and for an identity when the client has stated its credentials. Used only on
 * one event loop.
 */
public final class ConnectPolicy {

  /**
   * A client that may have a session.
   *
   * @param identity of the client
   * @param clientAcknowledges whether the client's application acknowledges Messages
   * @param session as in {@link Credentials}
   * @param notices as in {@link Credentials}
   * @param device as in {@link Credentials}, but empty for none
   */
  public record Admitted(
      Identity identity,
      boolean clientAcknowledges,
      String session,
      boolean notices,
      String device) {}

  private static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** When a client may retry after a failure, or while this node is being drained. */
  private static final long UNAVAILABLE_RETRY_MS = 1_000;

  /** When a client may retry whose user has too many connections, or while memory is short. */
  private static final long TOO_MANY_RETRY_MS = 5_000;

  /** Bytes of a link with its buffers, before anything waits in them. */
  private static final long LINK = 11_000;

  /** When a client may retry while others have not joined yet. */
  private static final long PENDING_RETRY_MS = 2_000;

  private final DrainLatch latch;
  private final Supplier<Origins> origins;
  private final Admission admission;
  private final IdentityProvider identities;
  private final ClientCheck check;
  private final MemoryAccount memory;

  /**
   * @param latch of the event loop
   * @param origins that may connect, which can change
   * @param check refuses addresses; the identities are checked already
   * @param memory is charged for each link
   */
  public ConnectPolicy(
      DrainLatch latch,
      Supplier<Origins> origins,
      Admission admission,
      IdentityProvider identities,
      ClientCheck check,
      MemoryAccount memory) {
    this.latch = latch;
    this.origins = origins;
    this.admission = admission;
    this.identities = identities;
    this.check = check;
    this.memory = memory;
  }

  /** Returns the latch that holds back the drain of the event loop. */
  public DrainLatch latch() {
    return latch;
  }

  /** Returns the links whose client has not joined yet. */
  public PendingLinks pending() {
    return admission.pending();
  }

  /** Returns what counts the offences of clients. */
  public Offences offences() {
    return admission.offences();
  }

  /** Returns the refusal of new clients while this node is being drained. */
  public static ConnectRefusedException draining() {
    return new ConnectRefusedException(
        CloseReason.GOING_AWAY, "this node is being drained", UNAVAILABLE_RETRY_MS);
  }

  /**
   * Refuses web pages that may not connect.
   *
   * @param origin value of the {@code Origin} header, or null
   * @param host value of the {@code Host} header, or null
   */
  public void checkOrigin(String origin, String host) throws ConnectRefusedException {
    if (!origins.get().allow(origin, host)) {
      throw new ConnectRefusedException(
          CloseReason.FORBIDDEN, "this origin is not in http.origins", 0);
    }
  }

  /**
   * Counts a link until its client has joined.
   *
   * @param address of the client, without its port
   * @param giveUp ends the link in favor of a newer one; called on any thread, at most once
   */
  public PendingLinks.Link arrive(String address, Runnable giveUp) throws ConnectRefusedException {
    PendingLinks.Link link = admission.pending().enter(address, giveUp, DeadlineTimer.now());
    if (link == null) {
      throw new ConnectRefusedException(
          CloseReason.RATE_LIMITED, "too many clients are about to connect", PENDING_RETRY_MS);
    }
    return link;
  }

  /**
   * Takes a place for a link, unless its address is banned or blocked, has too many or is too fast,
   * or memory is short. Each call that succeeds is followed by exactly one {@link #leave}.
   *
   * @param address of the client, without its port
   */
  public void enter(String address) throws ConnectRefusedException {
    long banned = offences().connect(address);
    if (banned > 0) {
      throw ConnectRefusedException.banned(banned);
    }
    check.checkAddress(address);
    if (latch.isDraining()) {
      throw draining();
    }
    if (memory.isAt(MemoryLevel.REFUSING)) {
      throw new ConnectRefusedException(
          CloseReason.SERVER_ERROR, "the gateway is short of memory", TOO_MANY_RETRY_MS);
    }
    long wait = admission.enter(address);
    if (wait > 0) {
      throw new ConnectRefusedException(CloseReason.RATE_LIMITED, "too many connections", wait);
    }
    memory.charge(MemoryUse.LINKS, LINK);
  }

  /** Gives the place of a link back. */
  public void leave(String address) {
    admission.leave(address);
    memory.release(MemoryUse.LINKS, LINK);
  }

  private static boolean clientAcknowledges(String ack, boolean byDefault)
      throws ConnectRefusedException {
    if (ack == null) {
      return byDefault;
    }
    return switch (ack) {
      case "client" -> true;
      case "transport" -> false;
      default -> throw malformed("ack must be client or transport");
    };
  }

  /** Returns the refusal of credentials that cannot be understood. */
  public static ConnectRefusedException malformed(String message) {
    return new ConnectRefusedException(CloseReason.MALFORMED, message, 0);
  }

  /**
   * Decides the identity of a client. This counts towards the connect rate of its user.
   *
   * @param acknowledgesByDefault for clients that do not state {@code ack}
   * @return completes on the event loop, perhaps before this returns; fails with a {@link
   *     ConnectRefusedException}
   */
  public Future<Admitted> admit(Credentials credentials, boolean acknowledgesByDefault) {
    boolean clientAcknowledges;
    try {
      clientAcknowledges = clientAcknowledges(credentials.ack(), acknowledgesByDefault);
      checkDevice(credentials.device());
    } catch (ConnectRefusedException refusal) {
      offences().count(Offence.MALFORMED, credentials.source().address(), null);
      return Future.failedFuture(refusal);
    }
    return identify(credentials, null)
        .compose(
            identity -> {
              long banned = offences().identified(credentials.source().address(), identity);
              if (banned > 0) {
                return Future.failedFuture(ConnectRefusedException.banned(banned));
              }
              long wait = identity.anonymous() ? 0 : admission.enterAs(identity.user());
              return wait > 0
                  ? Future.failedFuture(
                      ConnectRefusedException.tooOften("this user connects too often", wait))
                  : Future.succeededFuture(
                      new Admitted(
                          identity,
                          clientAcknowledges,
                          credentials.session(),
                          credentials.notices(),
                          credentials.device() == null ? "" : credentials.device()));
            });
  }

  private static void checkDevice(String key) throws ConnectRefusedException {
    if (key != null && !key.isEmpty() && !DEVICE.matcher(key).matches()) {
      throw malformed("device must be 1 to 64 letters, digits, '.', '_' and '-'");
    }
  }

  /**
   * Asks for an identity, and counts a refusal that the client can avoid.
   *
   * @param known identity that the client has already; null when it has none
   */
  private Future<Identity> identify(Credentials credentials, Identity known) {
    return identities
        .identify(credentials)
        .onFailure(failure -> refused(credentials.source().address(), notOpened(failure), known));
  }

  private void refused(String address, ConnectRefusedException why, Identity known) {
    if (known == null && why.identity() != null) {
      // A blocked user must not make its neighbors banned either.
      offences().identified(address, why.identity());
    }
    if (!why.isTemporary()) {
      Identity blamed = known == null ? why.identity() : known;
      offences().count(Offence.UNAUTHENTICATED, address, blamed);
    }
  }

  /**
   * Checks that further credentials of a client are of the same user.
   *
   * @param known identity that the client has already
   * @return fails with a {@link ConnectRefusedException}
   */
  public Future<Identity> confirm(Credentials credentials, Identity known) {
    return identify(credentials, known)
        .compose(
            identity ->
                identity.user().equals(known.user())
                    ? Future.succeededFuture(identity)
                    : Future.failedFuture(
                        ConnectRefusedException.unauthenticated(
                            "the credentials are of another user")));
  }

  /** Returns whether credentials are verified, and not merely believed. */
  public boolean verifies() {
    return identities.verifies();
  }

  /** Returns the refusal of a client whose session could not begin. */
  public static ConnectRefusedException notOpened(Throwable failure) {
    if (failure instanceof ConnectRefusedException refusal) {
      return refusal;
    }
    return MessageException.from(failure).code() == ErrorCode.RATE_LIMITED
        ? new ConnectRefusedException(
            CloseReason.RATE_LIMITED, "this user has too many connections", TOO_MANY_RETRY_MS)
        : new ConnectRefusedException(
            CloseReason.SERVER_ERROR, "the gateway cannot take clients now", UNAVAILABLE_RETRY_MS);
  }
}
