package io.linkspan.testing;

import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;

/** Sends and receives Messages and acknowledgements on any transport. */
public interface TestClient extends AutoCloseable {

  void send(Message message);

  void acknowledge(String eventId);

  /** Sends something that this transport carries and that is not a Message. */
  void sendGarbage();

  /** Reads the next Message or AckMessage. */
  GeneratedMessage receive();

  /** Reads until the gateway closes, and returns the number of the reason. */
  int closeCode();

  /** Disconnects as the transport provides. */
  void leave();

  /** Drops the link without a disconnect. */
  @Override
  void close();

  /** Reads what is next, which must be a Message. */
  default Message receiveMessage() {
    GeneratedMessage next = receive();
    if (next instanceof Message message) {
      return message;
    }
    throw new AssertionError("expected a Message, not " + next);
  }

  /** Reads what is next, which must be an AckMessage, and returns its eventId. */
  default String receiveAck() {
    GeneratedMessage next = receive();
    if (next instanceof AckMessage ack) {
      return ack.getEventId();
    }
    throw new AssertionError("expected an AckMessage, not " + next);
  }

  /** Reads what is next, which must be an error, and returns its JSON body. */
  default io.vertx.core.json.JsonObject receiveError() {
    Message error = receiveMessage();
    if (!error.getType().equals("error")) {
      throw new AssertionError("expected an error, not " + error);
    }
    return new io.vertx.core.json.JsonObject(error.getBody()).put("replyTo", error.getReplyTo());
  }
}
