package io.linkspan.telemetry;

import io.linkspan.api.Message;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Begins the spans of Messages. The context of a trace travels in the headers of the Message, so
 * that it reaches other nodes and services without more. Shared by all event loops.
 */
public interface Tracing {

  /** Traces nothing. */
  Tracing OFF = new Off();

  /** The client that sent a Message, as spans show it. */
  interface Client {

    /** Returns the name of the transport; null for a session without a link. */
    String transport();

    /** Returns the public id of its session. */
    String session();

    /** Returns the authenticated name. */
    String user();
  }

  /** Returns whether Messages may be traced. */
  boolean isOn();

  /**
   * Begins the span of a Message of a client, which ends with its outcome. It continues the
   * client's trace, or begins a trace of its own if the Message is sampled.
   *
   * @param waited nanoseconds since the Message arrived
   */
  MessageSpan receive(Message message, Client client, long waited);

  /** Begins the span of a Message that a service sends to clients; it ends with its outcome. */
  MessageSpan send(Message message);

  /**
   * Begins the span of a Message of a traced sender on the recipient's shard. It ends when the
   * recipient has the Message, or cannot get it.
   *
   * @param recipient public id of a session, or a group with its prefix
   */
  MessageSpan deliver(Message message, String recipient);

  /**
   * Begins the span of one attempt to send a Message of a traced sender to an upstream.
   *
   * @param number from 1
   */
  MessageSpan attempt(Message message, String upstream, int number);

  /**
   * Returns the context of a Message, for a protocol that carries it beside the Message; null when
   * it has none, and while tracing is off.
   */
  TraceContext contextOf(Message message);

  /**
   * Ends all spans and exports what waits. Nothing is traced afterwards.
   *
   * @param timeout after which the rest is dropped
   */
  Future<Void> close(Duration timeout);

  /** The tracing of a node that traces nothing. */
  final class Off implements Tracing {

    @Override
    public boolean isOn() {
      return false;
    }

    @Override
    public MessageSpan receive(Message message, Client client, long waited) {
      return MessageSpan.NONE;
    }

    @Override
    public MessageSpan send(Message message) {
      return MessageSpan.NONE;
    }

    @Override
    public MessageSpan deliver(Message message, String recipient) {
      return MessageSpan.NONE;
    }

    @Override
    public MessageSpan attempt(Message message, String upstream, int number) {
      return MessageSpan.NONE;
    }

    @Override
    public TraceContext contextOf(Message message) {
      return null;
    }

    @Override
    public Future<Void> close(Duration timeout) {
      return Future.succeededFuture();
    }
  }
}
