package io.linkspan.transport.socketio;

import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.connection.DeadlineTimer;
import io.linkspan.protocol.engineio.EngineError;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.session.Nodes;
import io.linkspan.transport.http.Refusal;
import io.linkspan.transport.socketio.RelayPlaces.Outcome;
import io.linkspan.transport.socketio.wire.RelayCall;
import io.linkspan.transport.socketio.wire.RelayReply;
import io.linkspan.transport.socketio.wire.RelayedAbort;
import io.linkspan.transport.socketio.wire.RelayedBody;
import io.linkspan.transport.socketio.wire.RelayedId;
import io.linkspan.transport.socketio.wire.RelayedRelease;
import io.linkspan.transport.socketio.wire.RelayedRequest;
import io.linkspan.transport.socketio.wire.RelayedResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Takes polls and POSTs that came to this node to the nodes that have their sessions, and the
 * answers back. A body is read when its session wants it, so nobody fills memory here who does not
 * know a session's secret. Used only on its event loop.
 *
 * <pre>
 *   OPEN ── drain() ──► DRAINING ── close() ──► CLOSING
 * </pre>
 *
 * <p>A drain lets go of the polls that wait, so that their clients poll elsewhere, and waits for
 * everything that was under way. Who comes later, since a load balancer has not heard yet, is
 * served as ever until the end, which lets go once more; and every answer ends its connection.
 */
final class Relay implements Nodes.Listener {

  private enum State {
    OPEN,
    DRAINING,
    CLOSING
  }

  private static final Refusal BUSY =
      new Refusal(503, "unavailable", "this node relays as many requests as it may", 1_000);

  /** On top of the longest that a session holds a poll, in milliseconds. */
  private static final long MARGIN = 5_000;

  /** How long an answer may take that is asked for, in milliseconds. */
  private static final long LINGER = 2_000;

  private final Vertx vertx;
  private final Owner self;
  private final SocketIoConfig config;
  private final EngineSessions sessions;
  private final EventLoop loop;
  private final DeliveryOptions options;
  private final Set<Relayed> pending = new HashSet<>();
  private final Promise<Void> idle = Promise.promise();
  private State state = State.OPEN;
  private int unwritten;
  private long requests;

  /**
   * @param self this event loop, as other nodes name it
   */
  Relay(Vertx vertx, Owner self, SocketIoConfig config, EngineSessions sessions, EventLoop loop) {
    this.vertx = vertx;
    this.self = self;
    this.config = config;
    this.sessions = sessions;
    this.loop = loop;
    options =
        new DeliveryOptions()
            .setSendTimeout(config.pingInterval().plus(config.pingTimeout()).toMillis() + MARGIN);
  }

  void open() {
    sessions.nodes().watch(this);
  }

  /**
   * Lets go of the polls that wait; {@link EventLoop#idle} is done when their answers, and those of
   * the POSTs that are under way, are written.
   */
  void drain() {
    state = State.DRAINING;
    List.copyOf(pending).forEach(Relayed::release);
  }

  /**
   * Takes no more and lets go of the rest.
   *
   * @return done when all answers are written, or could have been
   */
  Future<Void> close() {
    state = State.CLOSING;
    List.copyOf(pending).forEach(Relayed::release);
    endIfIdle();
    return idle.future().timeout(LINGER, TimeUnit.MILLISECONDS).otherwiseEmpty();
  }

  private void endIfIdle() {
    if (state == State.CLOSING && unwritten == 0) {
      idle.tryComplete();
    }
  }

  /** Answers a request, as its owner says. */
  void handle(LocalExchange exchange, Owner owner) {
    if (state == State.CLOSING) {
      exchange.refuse(Refusal.draining());
      return;
    }
    if (state == State.DRAINING) {
      exchange.endConnection();
    }
    if (exchange.request().upgrade()) {
      // The client goes on polling.
      exchange.refuse(EngineError.BAD_REQUEST);
    } else if (sessions.relayPlaces().take()) {
      new Relayed(exchange, owner).begin();
    } else {
      exchange.refuse(BUSY);
    }
  }

  @Override
  public void joined(Nodes.Node node) {
    // Requests for it will come.
  }

  @Override
  public void left(Nodes.Node node) {
    loop.run(
        () ->
            List.copyOf(pending).stream()
                .filter(relayed -> relayed.owner.node().equals(node.id()))
                .forEach(relayed -> relayed.lost(Outcome.OWNER_GONE)));
  }

  @Override
  public void merged() {
    // The others were told to have left, so nothing waits for them.
  }

  /** One request, from its arrival to its answer. */
  private final class Relayed implements HttpExchange.BodyListener {

    private final LocalExchange exchange;
    private final Owner owner;
    private final RelayedId id;
    private final Buffer body = Buffer.buffer();

    /** Whether a drain waits for it: not for what comes while it lasts, which might never end. */
    private final boolean awaited = state == State.OPEN;

    private DeadlineTimer timer;
    private boolean sent;
    private boolean released;
    private boolean ended;

    Relayed(LocalExchange exchange, Owner owner) {
      this.exchange = exchange;
      this.owner = owner;
      id =
          RelayedId.newBuilder()
              .setNode(self.node())
              .setShard(self.shard())
              .setNumber(requests++)
              .build();
    }

    void begin() {
      pending.add(this);
      unwritten++;
      if (awaited) {
        loop.enter();
      }
      EngineRequest request = exchange.request();
      if (request.method().equals("POST")) {
        exchange.pause();
      }
      exchange.watch(loop, this::onAbort);
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
      vertx
          .eventBus()
          .<RelayReply>request(owner.address(), call.setId(id).build(), options)
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
          giveUpAfter(config.pingTimeout().toMillis());
          exchange.read(loop, this);
        }
        case CUT -> {
          end(Outcome.CUT);
          exchange.abandon();
          written();
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
          .onComplete(done -> written());
    }

    @Override
    public void onChunk(HttpExchange from, Buffer chunk) {
      if (sent) {
        return;
      }
      body.appendBuffer(chunk);
      if (body.length() > config.maxPayload()) {
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
      written();
    }

    private void tell(RelayCall.Builder call) {
      vertx.eventBus().send(owner.address(), call.setId(id).build());
    }

    /** This node ends: a poll is to be answered now, and a POST will be. */
    void release() {
      exchange.endConnection();
      if (!released && exchange.request().method().equals("GET")) {
        released = true;
        giveUpAfter(LINGER);
        tell(RelayCall.newBuilder().setRelease(RelayedRelease.getDefaultInstance()));
      }
    }

    private void giveUpAfter(long millis) {
      timer = new DeadlineTimer(vertx, this::giveUp);
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
        exchange.refuse(EngineError.SESSION_UNKNOWN).onComplete(done -> written());
      }
    }

    private void end(Outcome outcome) {
      ended = true;
      pending.remove(this);
      sessions.relayPlaces().leave(outcome);
      if (timer != null) {
        timer.cancel();
      }
    }

    /** The answer is out, or nobody waits for one. */
    private void written() {
      unwritten--;
      if (awaited) {
        loop.leave();
      }
      endIfIdle();
    }
  }
}
