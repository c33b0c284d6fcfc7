package io.linkspan.transport.channel;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Decides which messages of one connection Vert.x can take: a pipelined request when the one before
 * is answered. What follows a request for an upgrade is not decoded before that is answered, since
 * it may be frames. Used only on the connection's event loop.
 */
public final class HttpTurns {

  /** Requests that Vert.x has and has not answered; 0 on anything but HTTP. */
  private int unanswered;

  private boolean informational;

  /** Whether the peer speaks HTTP. */
  private boolean http;

  /** Whether the request that Vert.x has is one for an upgrade, and whole. */
  private boolean upgrade;

  private boolean asked;

  HttpTurns() {}

  /** Returns whether a request is one for a WebSocket. */
  public static boolean asksForUpgrade(HttpRequest request) {
    return request
        .headers()
        .containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
  }

  /** Returns whether the peer speaks HTTP. */
  boolean areHttp() {
    return http;
  }

  /** Returns whether bytes can be decoded now. */
  boolean takesBytes() {
    return !upgrade;
  }

  /** Returns whether Vert.x can take a decoded message now. */
  boolean takes(Object message) {
    return unanswered == 0 || !(message instanceof HttpRequest);
  }

  /** Vert.x takes a decoded message. */
  void passed(Object message) {
    if (message instanceof HttpRequest request) {
      http = true;
      unanswered++;
      asked = asksForUpgrade(request);
    }
    if (message instanceof LastHttpContent) {
      upgrade = asked && unanswered > 0;
    }
  }

  /**
   * Takes what Vert.x is about to write, and returns whether it ends the answer to a request;
   * {@link #answered} follows when it is written.
   */
  boolean endsAnswer(Object message) {
    if (message instanceof HttpResponse response) {
      informational = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }
    return message instanceof LastHttpContent && !informational && unanswered > 0;
  }

  /** The answer to a request is written. */
  void answered() {
    unanswered--;
    upgrade = false;
  }
}
