package io.linkspan.transport.channel;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;

/**
 * Decides which messages of one connection Vert.x can take: a pipelined request when the one before
 * is answered, frames when the upgrade is complete. Used only on the connection's event loop.
 */
final class HttpTurns {

  /** Requests that Vert.x has and has not answered; 0 on anything but HTTP. */
  private int unanswered;

  private boolean informational;

  /** Whether the peer speaks HTTP, and Vert.x has not completed an upgrade. */
  private boolean http;

  /** Returns whether the peer speaks HTTP, and Vert.x has not completed an upgrade. */
  boolean areHttp() {
    return http;
  }

  /** Returns whether Vert.x can take a decoded message now. */
  boolean takes(Object message) {
    return message instanceof WebSocketFrame
        ? !http
        : unanswered == 0 || !(message instanceof HttpRequest);
  }

  /** Vert.x takes a decoded message. */
  void passed(Object message) {
    if (message instanceof HttpRequest) {
      http = true;
      unanswered++;
    }
  }

  /** Returns whether Vert.x answers an upgrade with what it writes. */
  static boolean isUpgrade(Object message) {
    return message instanceof HttpResponse response
        && response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS);
  }

  /**
   * Takes what Vert.x is about to write, and returns whether it ends the answer to a request;
   * {@link #answered} follows when it is written.
   */
  boolean endsAnswer(Object message) {
    if (message instanceof HttpResponse response) {
      informational =
          response.status().codeClass() == HttpStatusClass.INFORMATIONAL && !isUpgrade(message);
    }
    return message instanceof LastHttpContent && !informational && unanswered > 0;
  }

  /** The answer to a request is written. */
  void answered() {
    unanswered--;
  }

  /** Vert.x has completed an upgrade. */
  void upgraded() {
    http = false;
  }
}
