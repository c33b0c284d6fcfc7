package io.linkspan.transport.engineio.relay;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.linkspan.protocol.engineio.EngineRequest;
import io.linkspan.protocol.engineio.EngineWrite;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.transport.engineio.EngineLink;
import io.linkspan.transport.engineio.EventLoop;
import io.linkspan.transport.engineio.HttpExchange;
import io.linkspan.transport.engineio.relay.wire.RelayReply;
import io.linkspan.transport.engineio.relay.wire.RelayedContinue;
import io.linkspan.transport.engineio.relay.wire.RelayedCut;
import io.linkspan.transport.engineio.relay.wire.RelayedRequest;
import io.linkspan.transport.engineio.relay.wire.RelayedResponse;
import io.linkspan.transport.http.UpgradedConnection;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import java.util.function.Consumer;

/**
 * A request that arrived at another node, which waits there for the answer. Used only on the event
 * loop of its session.
 */
final class RelayedExchange implements HttpExchange {

  private static final RelayReply CONTINUE =
      RelayReply.newBuilder().setProceed(RelayedContinue.getDefaultInstance()).build();
  static final RelayReply CUT =
      RelayReply.newBuilder().setCut(RelayedCut.getDefaultInstance()).build();

  private final RelayedRequest relayed;
  private final EngineRequest request;
  private final Runnable onEnd;

  /** The call that the other node waits on; null while it reads the body. */
  private Message<?> call;

  private EngineLink session;
  private Consumer<HttpExchange> onAbort = exchange -> {};
  private BodyListener body;
  private boolean ended;

  /**
   * @param onEnd called once, when the request is answered or abandoned
   */
  RelayedExchange(RelayedRequest relayed, Message<?> call, Runnable onEnd) {
    this.relayed = relayed;
    this.call = call;
    this.onEnd = onEnd;
    // An upgrade is never relayed.
    request = EngineRequest.of(relayed.getMethod(), false, relayed.getQueryMap());
  }

  @Override
  public EngineRequest request() {
    return request;
  }

  @Override
  public String origin() {
    return header(relayed.getOrigin());
  }

  @Override
  public String contentType() {
    return header(relayed.getContentType());
  }

  private static String header(String value) {
    return value.isEmpty() ? null : value;
  }

  @Override
  public long contentLength() {
    return relayed.getContentLength();
  }

  @Override
  public void watch(
      EventLoop loop, Consumer<HttpExchange> abortListener, Consumer<HttpExchange> onFollowed) {
    // The other node calls release() when another request follows.
    onAbort = abortListener;
  }

  @Override
  public void read(EventLoop loop, BodyListener listener) {
    body = listener;
    onAbort = listener::onAbort;
    // Later, since the session may still refuse the body in this turn.
    loop.runLater(
        () -> {
          if (!ended) {
            reply(CONTINUE);
          }
        });
  }

  /** Takes the body that {@link #read} asked for. */
  void onBody(Message<?> bodyCall, ByteString content) {
    if (body == null || call != null) {
      bodyCall.reply(CUT);
      return;
    }
    call = bodyCall;
    body.onChunk(this, Buffer.buffer(content.toByteArray()));
    body.onEnd(this);
  }

  /** Gives the request to its session. */
  void handOver(EngineLink link) {
    session = link;
    link.handle(this, null);
  }

  /** Ends a held poll early, because the other node is being drained. */
  void release() {
    session.release(this);
  }

  /** The client has given up, or the other node has left the cluster. */
  void abort() {
    if (!ended) {
      end();
      onAbort.accept(this);
    }
  }

  @Override
  public void upgrade(Consumer<UpgradedConnection> onUpgraded, Runnable onFailure) {
    throw new IllegalStateException("upgrades are not relayed");
  }

  @Override
  public EventLoop home() {
    throw new IllegalStateException("upgrades are not relayed");
  }

  @Override
  public void respond(EngineWrite.Respond<?, ?> answer) {
    respond(answer.status(), answer.contentType(), null, answer.body(), answer.unread());
  }

  @Override
  public void refuse(FrontDoor.Refused refused) {
    respond(refused.status(), refused.contentType(), refused.allow(), refused.body(), false);
  }

  private void respond(int status, String contentType, String allow, Buffer content, boolean last) {
    var response =
        RelayedResponse.newBuilder()
            .setStatus(status)
            .setContentType(contentType == null ? "" : contentType)
            .setAllow(allow == null ? "" : allow)
            // The array is a copy already.
            .setBody(UnsafeByteOperations.unsafeWrap(content.getBytes()))
            .setLast(last);
    end(RelayReply.newBuilder().setResponse(response).build());
  }

  @Override
  public void abandon() {
    end(CUT);
  }

  private void end(RelayReply answer) {
    if (ended) {
      return;
    }
    end();
    // While the body is read, no call waits; the call that brings the body finds no exchange.
    if (call != null) {
      reply(answer);
    }
  }

  private void end() {
    ended = true;
    onEnd.run();
  }

  private void reply(RelayReply answer) {
    Message<?> answered = call;
    call = null;
    answered.reply(answer);
  }
}
