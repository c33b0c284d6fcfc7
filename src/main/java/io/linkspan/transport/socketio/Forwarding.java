package io.linkspan.transport.socketio;

import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.socketio.RelayLimiter.Outcome;
import io.linkspan.transport.socketio.wire.RelayCall;
import io.linkspan.transport.socketio.wire.RelayReply;
import io.linkspan.transport.socketio.wire.RelayedAbort;
import io.linkspan.transport.socketio.wire.RelayedBody;
import io.linkspan.transport.socketio.wire.RelayedId;
import io.linkspan.transport.socketio.wire.RelayedRelease;
import io.linkspan.transport.socketio.wire.RelayedRequest;
import io.linkspan.transport.socketio.wire.RelayedResponse;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/**
 * One request that came to this node and is for the session of another, from its arrival to its
 * answer. Used only on its event loop.
 */
final class Forwarding implements HttpExchange.BodyListener {

  private final Relay relay;
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
   * @param id names it to the owner
   * @param awaited whether a drain waits for it
   */
  Forwarding(
      Relay relay, LocalExchange exchange, EngineAddress owner, RelayedId id, boolean awaited) {
    this.relay = relay;
    this.exchange = exchange;
    this.owner = owner;
    this.id = id;
    this.awaited = awaited;
  }

  EngineAddress owner() {
    return owner;
  }

  boolean awaited() {
    return awaited;
  }

  void begin() {
    EngineRequest request = exchange.request();
    if (request.method().equals("POST")) {
      exchange.pause();
    }
    exchange.watch(relay.loop(), this::onAbort);
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
    relay
        .vertx()
        .eventBus()
        .<RelayReply>request(owner.address(), call.setId(id).build(), relay.options())
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
        giveUpAfter(relay.config().pingTimeout().toMillis());
        exchange.read(relay.loop(), this);
      }
      case CUT -> {
        end(Outcome.CUT);
        exchange.abandon();
        relay.written(this);
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
        .onComplete(done -> relay.written(this));
  }

  @Override
  public void onChunk(HttpExchange from, Buffer chunk) {
    if (sent) {
      return;
    }
    body.appendBuffer(chunk);
    if (body.length() > relay.config().maxPayload()) {
      // Enough to see that it is too long.
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
    relay.written(this);
  }

  private void tell(RelayCall.Builder call) {
    relay.vertx().eventBus().send(owner.address(), call.setId(id).build());
  }

  /** This node ends: a poll is to be answered now, and a POST will be. */
  void release() {
    exchange.endConnection();
    if (!released && exchange.request().method().equals("GET")) {
      released = true;
      giveUpAfter(Relay.LINGER);
      tell(RelayCall.newBuilder().setRelease(RelayedRelease.getDefaultInstance()));
    }
  }

  private void giveUpAfter(long millis) {
    timer = new DeadlineTimer(relay.vertx(), this::giveUp);
    timer.arm(DeadlineTimer.now() + millis);
  }

  /** The body does not end, or the owner does not let go. */
  private void giveUp() {
    abort(Outcome.TIMED_OUT);
    exchange.abandon();
  }

  /** Nobody answers: with the owner its session is gone. */
  void lost(Outcome outcome) {
    if (!ended) {
      end(outcome);
      exchange.refuse(EngineError.SESSION_UNKNOWN).onComplete(done -> relay.written(this));
    }
  }

  private void end(Outcome outcome) {
    ended = true;
    if (timer != null) {
      timer.cancel();
    }
    relay.ended(this, outcome);
  }
}
