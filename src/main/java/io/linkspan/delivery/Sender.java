package io.linkspan.delivery;

import io.linkspan.api.Addresses;
import io.linkspan.api.Origin;
import io.linkspan.permission.Action;
import io.linkspan.permission.Decision;
import io.linkspan.permission.Permissions;
import io.linkspan.routing.Route;
import io.linkspan.telemetry.Tracing;
import io.vertx.core.MultiMap;
import io.vertx.core.eventbus.DeliveryOptions;
import java.time.Duration;

/**
 * The client that inbound Messages come from, in the forms that services receive. Each form is made
 * once per session, by its first Message, so that later ones cost no copy of it. Used only on the
 * event loop of its shard.
 */
public final class Sender implements Tracing.Client {

  private static final Decision UNIDENTIFIED =
      new Decision(Decision.Verdict.REFUSED, "the client is not identified");

  private final String session;
  private final String user;
  private final String node;
  private final String transport;
  private final String remote;
  private final Duration requestTimeout;

  /** Null until it sends to another client. */
  private DeliveryScope scope;

  /** Null until a service is called over the bus. */
  private DeliveryOptions options;

  /** Null until a service on this loop is called. */
  private Origin origin;

  /** Null while no client has been identified. */
  private Permissions permissions;

  private Runnable onForbidden = () -> {};

  /**
   * Creates the sender of one session.
   *
   * @param transport null for a session without a link, as is {@code remote}
   * @param requestTimeout for the reply of a service
   */
  public Sender(
      String session,
      String user,
      String node,
      String transport,
      String remote,
      Duration requestTimeout) {
    this.session = session;
    this.user = user;
    this.node = node;
    this.transport = transport;
    this.remote = remote;
    this.requestTimeout = requestTimeout;
  }

  @Override
  public String session() {
    return session;
  }

  @Override
  public String user() {
    return user;
  }

  @Override
  public String transport() {
    return transport;
  }

  /**
   * Sets what the client may do.
   *
   * @param identified null when it has left
   * @param onForbidden called for each Message that it may not send; may close its link
   */
  public void permit(Permissions identified, Runnable onForbidden) {
    permissions = identified;
    this.onForbidden = onForbidden;
  }

  /** Notes that the client has sent a Message that it may not send, and has the outcome. */
  public void offended() {
    onForbidden.run();
  }

  /**
   * Returns whether the client may do something.
   *
   * @param target recipient, group without its prefix, or namespace
   * @param type of the Message; empty for other actions
   */
  public Decision decide(Action action, String target, String type) {
    return permissions == null ? UNIDENTIFIED : permissions.decide(action, target, type);
  }

  /** Returns whether the client may do everything. */
  public boolean mayDoEverything() {
    return permissions != null && permissions.areOpen();
  }

  /** Returns the scope of its Messages to clients: a group does not echo them to the sender. */
  public DeliveryScope scope() {
    if (scope == null) {
      scope = new DeliveryScope(session, null, false);
    }
    return scope;
  }

  private DeliveryOptions options() {
    if (options == null) {
      options =
          new DeliveryOptions()
              .setSendTimeout(requestTimeout.toMillis())
              .addHeader(Addresses.SESSION, session)
              .addHeader(Addresses.USER, user)
              .addHeader(Addresses.NODE, node);
      if (transport != null) {
        options.addHeader(Addresses.TRANSPORT, transport).addHeader(Addresses.REMOTE, remote);
      }
    }
    return options;
  }

  /** Returns the sender as bus headers for a service of a route. */
  DeliveryOptions options(Route.Bus service) {
    DeliveryOptions same = options();
    if (service.requestTimeout() == null && service.keepStream().isZero()) {
      return same;
    }
    var own = new DeliveryOptions(same);
    if (service.requestTimeout() != null) {
      own.setSendTimeout(service.requestTimeout().toMillis());
    }
    if (!service.keepStream().isZero()) {
      String seconds = Long.toString(service.keepStream().toSeconds());
      own.setHeaders(MultiMap.caseInsensitiveMultiMap().addAll(same.getHeaders()))
          .addHeader(Addresses.KEEP_STREAM, seconds);
    }
    return own;
  }

  /** Returns the sender as the argument of a service of a route. */
  Origin origin(Route.Bus service) {
    Origin same = origin();
    return service.keepStream().isZero()
        ? same
        : new Origin(
            session, user, same.transport(), node, same.remote(), service.keepStream().toSeconds());
  }

  private Origin origin() {
    if (origin == null) {
      origin =
          transport == null
              ? new Origin(session, user, "", node, "")
              : new Origin(session, user, transport, node, remote);
    }
    return origin;
  }
}
