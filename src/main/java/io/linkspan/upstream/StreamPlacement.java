package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.directory.Nodes;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Chooses the node that calls the service for a client: another one than the client's, so that no
 * single lost node ends both the session and its streamed answer. The client's node relays the
 * request, and reports to the client when the other node is lost. Used only on the event loop that
 * created it.
 */
final class StreamPlacement {

  /** Receives the streams whose node was lost. */
  interface OnLost {

    /**
     * A stream has lost its node.
     *
     * @param stream its id
     */
    void lost(String stream, Message request, Origin sender);
  }

  private static final String PREFIX = "linkspan.streams.";

  /** A request that another node has and has not answered. */
  private record Relayed(String node, io.vertx.core.eventbus.Message<Message> request) {}

  /** A stream that another node reads. */
  private record Watched(String node, Message request, Origin sender) {}

  private final EventBus bus;
  private final String upstream;
  private final String self;
  private final Nodes nodes;
  private final long timeout;
  private final OnLost onLost;
  private final MessageConsumer<String> ends;
  private MessageConsumer<Message> relayed;

  private final Set<Relayed> unanswered = new HashSet<>();
  private final Map<String, Watched> watched = new HashMap<>();
  private boolean closed;

  /**
   * @param upstream the name of the service, the same on all nodes
   * @param timeout milliseconds until a request has an outcome
   * @param onLost called for each stream whose node was lost
   */
  StreamPlacement(Vertx vertx, String upstream, Nodes nodes, long timeout, OnLost onLost) {
    bus = vertx.eventBus();
    this.upstream = upstream;
    self = nodes.self().id();
    this.nodes = nodes;
    this.timeout = timeout;
    this.onLost = onLost;
    ends = bus.consumer(endsAt(self), end -> watched.remove(end.body()));
  }

  /**
   * Starts to take requests from other nodes.
   *
   * @param here handles a request on this node
   */
  Future<Void> open(Handler<io.vertx.core.eventbus.Message<Message>> here) {
    relayed = bus.consumer(requestsAt(self), here);
    return Future.all(relayed.completion(), ends.completion()).mapEmpty();
  }

  /** Takes no further requests from other nodes. */
  Future<Void> retire() {
    return relayed.unregister();
  }

  /** Ends it, before the streams of this node end. */
  Future<Void> close() {
    closed = true;
    return Future.join(relayed.unregister(), ends.unregister()).mapEmpty();
  }

  /** Returns whether the client of a request is on another node, which relayed it. */
  private boolean isRelayed(Origin sender) {
    return !sender.node().isEmpty() && !sender.node().equals(self);
  }

  /**
   * Gives a request of a client to its node, which is the same for all requests of a user.
   *
   * @param here handles a request on this node, if it is the only one or the other one does not
   *     have the service
   */
  void place(
      io.vertx.core.eventbus.Message<Message> request,
      Handler<io.vertx.core.eventbus.Message<Message>> here) {
    String user = request.body().getFrom();
    String node =
        nodes.all().stream()
            .map(Nodes.Node::id)
            .filter(other -> !other.equals(self))
            .max(Comparator.comparingInt(other -> Objects.hash(user, other) * 0x9E3779B9))
            .orElse(null);
    if (node == null) {
      here.handle(request);
      return;
    }
    var pending = new Relayed(node, request);
    unanswered.add(pending);
    bus.<Message>request(
            requestsAt(node),
            request.body(),
            new DeliveryOptions().setHeaders(request.headers()).setSendTimeout(timeout))
        .onComplete(reply -> answered(pending, reply), failure -> failed(pending, failure, here));
  }

  /** Notes that a node is lost, and what it had. */
  void nodeLost(String node) {
    for (Relayed pending : List.copyOf(unanswered)) {
      if (pending.node().equals(node) && unanswered.remove(pending)) {
        pending
            .request()
            .reply(
                new MessageException(ErrorCode.TIMEOUT, "the service's node was lost").toReply());
      }
    }
    for (Map.Entry<String, Watched> stream : List.copyOf(watched.entrySet())) {
      if (stream.getValue().node().equals(node) && watched.remove(stream.getKey()) != null) {
        Watched lost = stream.getValue();
        onLost.lost(stream.getKey(), lost.request(), lost.sender());
      }
    }
  }

  /**
   * Answers a request whose answer is streamed, and reports the end to the node that relayed it.
   */
  void begun(io.vertx.core.eventbus.Message<Message> request, StreamedAnswers.Begun stream) {
    Origin sender = Origin.of(request.headers());
    if (!isRelayed(sender)) {
      request.reply(null);
      return;
    }
    request.reply(null, new DeliveryOptions().addHeader(Headers.STREAM, stream.id()));
    stream.settled().onComplete(any -> report(sender.node(), stream.id()));
  }

  /** Reports that a client has all of a stream, or cannot have it. */
  private void report(String node, String stream) {
    // Streams that end with this node may not reach their clients: the other node ends them.
    if (!closed) {
      bus.send(endsAt(node), stream);
    }
  }

  private void answered(Relayed pending, io.vertx.core.eventbus.Message<Message> reply) {
    if (!unanswered.remove(pending)) {
      return;
    }
    String stream = reply.headers().get(Headers.STREAM);
    if (stream != null) {
      var request = pending.request();
      watched.put(
          stream, new Watched(pending.node(), request.body(), Origin.of(request.headers())));
    }
    pending.request().reply(reply.body());
  }

  private void failed(
      Relayed pending, Throwable failure, Handler<io.vertx.core.eventbus.Message<Message>> here) {
    if (!unanswered.remove(pending)) {
      return;
    }
    if (failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS) {
      here.handle(pending.request());
    } else {
      pending.request().reply(MessageException.from(failure).toReply());
    }
  }

  private String requestsAt(String node) {
    return PREFIX + node + ".requests." + upstream;
  }

  private String endsAt(String node) {
    return PREFIX + node + ".ends." + upstream;
  }
}
