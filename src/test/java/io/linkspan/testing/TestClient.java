package io.linkspan.testing;

import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;

/** A client of any transport, as far as Messages and acknowledgements go. */
public interface TestClient extends AutoCloseable {

  void send(Message message);

  void acknowledge(String eventId);

  /** Something that this transport can carry and that is no Message. */
  void sendGarbage();

  /** The next Message or AckMessage, whichever comes first. */
  GeneratedMessage receive();

  /** Reads on until the gateway closes; the number of the reason. */
  int closeCode();

  /** Leaves in the transport's polite way. */
  void leave();

  /** Breaks the link without a word. */
  @Override
  void close();

  /** The next thing, which has to be a Message. */
  default Message receiveMessage() {
    GeneratedMessage next = receive();
    if (next instanceof Message message) {
      return message;
    }
    throw new AssertionError("expected a Message, not " + next);
  }

  /** The next thing, which has to be an AckMessage; its eventId. */
  default String receiveAck() {
    GeneratedMessage next = receive();
    if (next instanceof AckMessage ack) {
      return ack.getEventId();
    }
    throw new AssertionError("expected an AckMessage, not " + next);
  }

  /** The next thing, which has to be an error; its JSON body. */
  default io.vertx.core.json.JsonObject receiveError() {
    Message error = receiveMessage();
    if (!error.getType().equals("error")) {
      throw new AssertionError("expected an error, not " + error);
    }
    return new io.vertx.core.json.JsonObject(error.getBody()).put("replyTo", error.getReplyTo());
  }
}
