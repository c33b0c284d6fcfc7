package io.linkspan.transport.engineio.relay;

import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.engineio.EngineAddress;
import io.linkspan.transport.engineio.EventLoop;
import io.linkspan.transport.engineio.HttpExchange;
import io.linkspan.transport.engineio.LocalExchange;
import io.linkspan.transport.engineio.relay.RelayLimiter.Outcome;
import io.linkspan.transport.engineio.relay.wire.RelayCall;
import io.linkspan.transport.engineio.relay.wire.RelayReply;
import io.linkspan.transport.engineio.relay.wire.RelayedAbort;
import io.linkspan.transport.engineio.relay.wire.RelayedBody;
import io.linkspan.transport.engineio.relay.wire.RelayedId;
import io.linkspan.transport.engineio.relay.wire.RelayedRelease;
import io.linkspan.transport.engineio.relay.wire.RelayedRequest;
import io.linkspan.transport.engineio.relay.wire.RelayedResponse;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/**
 * Relays one request to the node of its session, from its arrival to its answer. Used only on its
 * event loop.
 */
final class Forwarding implements HttpExchange.BodyListener {

  /** Receives the progress of requests that are relayed. */
  interface Listener {

    /** The request needs nothing of its owner any more. Called once. */
    void onEnded(Forwarding forwarding, Outcome outcome);

    /** The answer is written, or nobody waits for one. Called once, after {@link #onEnded}. */
    void onWritten(Forwarding forwarding);
  }

  /**
   * Shared by the relayed requests of one event loop.
   *
   * @param call options of a call to an owner
   * @param bodyTimeout milliseconds that a body may take
   * @param maxBody bytes of a body
   */
  record Context(EventLoop loop, DeliveryOptions call, long bodyTimeout, int maxBody) {}

  /** How long an owner may take to release a held poll, in milliseconds. */
  static final long RELEASE_TIMEOUT = 2_000;

  private final Context context;
  private final Listener listener;
  private final LocalExchange exchange;
  private final EngineAddress owner;
  private final RelayedId id;
  private final boolean awaited;
  private final Buffer body = Buffer.buffer();
  private DeadlineTimer timer;
  private boolean sent;
  private boolean released;
  private boolean ended;

  /**
   * Relays nothing until {@link #begin}.
   *
   * @param id identifies the request in calls to the owner
   * @param awaited whether a drain waits for it
   */
  Forwarding(
      Context context,
      Listener listener,
      LocalExchange exchange,
      EngineAddress owner,
      RelayedId id,
      boolean awaited) {
    this.context = context;
    this.listener = listener;
    this.exchange = exchange;
    this.owner = owner;
    this.id = id;
    this.awaited = awaited;
  }

  EngineAddress owner() {
    return owner;
  }

  /** Whether a drain waits for the request. */
  boolean awaited() {
    return awaited;
  }

  /** Sends the request to its owner. */
  void begin() {
    EngineRequest request = exchange.request();
    if (request.method().equals("POST")) {
      exchange.pause();
    }
    exchange.watch(context.loop(), this::onAbort, followed -> releasePoll());
    var relayed =
        RelayedRequest.newBuilder()
            .setMethod(request.method())
            .putAllQuery(request.query())
            .setContentLength(exchange.contentLength())
            .setRemote(exchange.remote());
    if (exchange.origin() != null) {
      relayed.setOrigin(exchange.origin());
    }
    if (exchange.contentType() != null) {
      relayed.setContentType(exchange.contentType());
    }
    ask(RelayCall.newBuilder().setRequest(relayed));
  }

  private void ask(RelayCall.Builder call) {
    eventBus()
        .<RelayReply>request(owner.busAddress(), call.setId(id).build(), context.call())
        .onComplete(this::onReply, this::onFailure);
  }

  private void onFailure(Throwable failure) {
    boolean late =
        failure instanceof ReplyException reply && reply.failureType() == ReplyFailure.TIMEOUT;
    lost(late ? Outcome.TIMED_OUT : Outcome.OWNER_GONE);
  }

  private void onReply(Message<RelayReply> reply) {
    if (ended) {
      return;
    }
    switch (reply.body().getReplyCase()) {
      case RESPONSE -> respond(reply.body().getResponse());
      case PROCEED -> {
        giveUpAfter(context.bodyTimeout());
        exchange.read(context.loop(), this);
      }
      case CUT -> {
        end(Outcome.CUT);
        exchange.abandon();
        listener.onWritten(this);
      }
      case REPLY_NOT_SET -> lost(Outcome.OWNER_GONE);
    }
  }

  private void respond(RelayedResponse response) {
    end(Outcome.ANSWERED);
    exchange
        .write(
            response.getStatus(),
            response.getContentType(),
            response.getAllow(),
            Buffer.buffer(response.getBody().toByteArray()),
            response.getLast())
        .onComplete(done -> listener.onWritten(this));
  }

  @Override
  public void onChunk(HttpExchange from, Buffer chunk) {
    if (sent) {
      return;
    }
    body.appendBuffer(chunk);
    if (body.length() > context.maxBody()) {
      // Enough for the owner to see that it is too long.
      send();
    }
  }

  @Override
  public void onEnd(HttpExchange from) {
    if (!sent) {
      send();
    }
  }

  private void send() {
    sent = true;
    timer.cancel();
    ask(
        RelayCall.newBuilder()
            .setBody(
                RelayedBody.newBuilder()
                    // The array is a copy already.
                    .setContent(UnsafeByteOperations.unsafeWrap(body.getBytes()))));
  }

  @Override
  public void onAbort(HttpExchange from) {
    if (!ended) {
      abort(Outcome.ABORTED);
    }
  }

  private void abort(Outcome outcome) {
    end(outcome);
    tell(RelayCall.newBuilder().setAbort(RelayedAbort.getDefaultInstance()));
    listener.onWritten(this);
  }

  private EventBus eventBus() {
    return context.loop().vertx().eventBus();
  }

  private void tell(RelayCall.Builder call) {
    eventBus().send(owner.busAddress(), call.setId(id).build());
  }

  /** Ends a held poll early, because this node is being drained; a POST ends by itself. */
  void release() {
    exchange.endConnection();
    releasePoll();
  }

  /** Asks the owner to answer a held poll now. */
  private void releasePoll() {
    if (!ended && !released && exchange.request().method().equals("GET")) {
      released = true;
      giveUpAfter(RELEASE_TIMEOUT);
      tell(RelayCall.newBuilder().setRelease(RelayedRelease.getDefaultInstance()));
    }
  }

  private void giveUpAfter(long millis) {
    timer = new DeadlineTimer(context.loop().vertx(), this::giveUp);
    timer.arm(DeadlineTimer.now() + millis);
  }

  /** The body does not end, or the owner does not release the poll. */
  private void giveUp() {
    abort(Outcome.TIMED_OUT);
    exchange.abandon();
  }

  /** The owner does not answer, or has left the cluster and its session with it. */
  void lost(Outcome outcome) {
    if (!ended) {
      end(outcome);
      exchange.refuse(EngineError.SESSION_UNKNOWN).onComplete(done -> listener.onWritten(this));
    }
  }

  private void end(Outcome outcome) {
    ended = true;
    if (timer != null) {
      timer.cancel();
    }
    listener.onEnded(this, outcome);
  }
}
