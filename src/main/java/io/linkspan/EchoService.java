package io.linkspan;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/**
 * The built-in service {@code echo}: answers each Message with its own type, content and headers.
 */
final class EchoService extends VerticleBase {

  static final String ADDRESS = "echo";

  @Override
  public Future<?> start() {
    return Service.register(
        vertx, ADDRESS, (message, origin) -> Future.succeededFuture(echo(message)));
  }

  private static Message echo(Message message) {
    Message.Builder answer =
        Message.newBuilder()
            .setFrom("service:echo")
            .setType(message.getType())
            .setBody(message.getBody())
            .setContentType(message.getContentType());
    // Adding nothing costs as much as adding something.
    if (message.getAttachmentsCount() > 0) {
      answer.addAllAttachments(message.getAttachmentsList());
    }
    if (Headers.count(message) > 0) {
      answer.putAllHeaders(message.getHeadersMap());
    }
    return answer.build();
  }
}
