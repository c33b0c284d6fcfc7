package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.translate.MethodTranslator;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/**
 * One inbound Message between its acceptance and its ending: an acknowledgement or an error,
 * exactly one of them. Used only on the event loop of the sender's shard.
 */
final class InboundRequest implements DeliveryCallback {

  private final Session sender;
  private final Receipt receipt;
  private final Message message;
  private final DuplicateWindow.Entry entry;
  private boolean withService;

  /** Neighbours among the sender's that have not ended, for {@link Session} alone. */
  InboundRequest previous;

  InboundRequest next;

  /**
   * @param entry remembers how it ended; null when the eventId is the gateway's own
   */
  InboundRequest(Session sender, Receipt receipt, Message message, DuplicateWindow.Entry entry) {
    this.sender = sender;
    this.receipt = receipt;
    this.message = message;
    this.entry = entry;
  }

  Session sender() {
    return sender;
  }

  Message message() {
    return message;
  }

  DuplicateWindow.Entry entry() {
    return entry;
  }

  /** A service has it from now on. */
  void givenToService() {
    withService = true;
  }

  /** Whether a service, not another client, has it. */
  boolean isWithService() {
    return withService;
  }

  /** It is in good hands. */
  void accepted() {
    receipt.accepted(message.getEventId());
    end(DuplicateWindow.Ending.ACKNOWLEDGED);
  }

  /** A service took it and says something. */
  void answered(Message answer) {
    Message complete = sender.complete(answer, message);
    if (receipt.answered(message.getEventId(), complete)) {
      end(DuplicateWindow.Ending.ACKNOWLEDGED);
      return;
    }
    MessageException noRoom = sender.refusalOf(complete);
    if (noRoom != null) {
      failed(noRoom);
      return;
    }
    receipt.accepted(message.getEventId());
    sender.send(complete, receipt.channel());
    end(DuplicateWindow.Ending.ACKNOWLEDGED);
  }

  @Override
  public void delivered(By by, Message reply) {
    if (reply == null) {
      accepted();
    } else {
      answered(reply);
    }
  }

  @Override
  public void failed(MessageException failure) {
    receipt.refused(message.getEventId(), failure);
    end(new DuplicateWindow.Ending(failure));
  }

  @Override
  public boolean isVoid() {
    return sender.fenced();
  }

  /** A service on this loop has answered. */
  void answered(Future<Message> answer) {
    if (answer.failed()) {
      failed(MessageException.from(answer.cause()));
    } else if (answer.result() == null) {
      accepted();
    } else {
      answered(answer.result());
    }
  }

  /** A service replied on the bus, or could not. */
  void replied(AsyncResult<io.vertx.core.eventbus.Message<Object>> reply) {
    if (reply.failed() && isUnserved(reply.cause()) && MethodTranslator.isCall(message)) {
      // In Flutter, a channel that nobody handles implements nothing; the message is no error.
      answered(MethodTranslator.notImplemented(message));
    } else if (reply.failed()) {
      failed(MessageException.from(reply.cause()));
    } else if (reply.result().body() instanceof Message answer) {
      answered(answer);
    } else {
      accepted();
    }
  }

  private static boolean isUnserved(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  private void end(DuplicateWindow.Ending ending) {
    sender.ended(this, ending);
  }
}
