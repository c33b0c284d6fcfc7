package io.linkspan.connection;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import io.linkspan.api.SlowPolicy;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.translate.MethodTranslator;

/**
 * Holds a Message for one or more clients together with its encoded forms: each form is encoded
 * once, however many recipients it has. Used only on one event loop.
 */
public final class Outgoing {

  /** Makes one form of a Message. Its instances are constants: identity distinguishes them. */
  public interface Encoder<T> {
    T encode(Message message);
  }

  private static final class Form {
    final Encoder<?> encoder;
    final Object encoded;
    final Form next;

    Form(Encoder<?> encoder, Object encoded, Form next) {
      this.encoder = encoder;
      this.encoded = encoded;
      this.next = next;
    }
  }

  private static final String YES = "true";

  private final Message message;
  private final int channel;
  private final MessageSpan span;
  private final boolean shared;
  private Form forms;
  private int holders;

  /** See {@link #size()}; -1 until it is asked for. */
  private int size = -1;

  /** Creates a Message that is not an answer; it goes on channel 0, to any number of clients. */
  public Outgoing(Message message) {
    this(message, 0, MessageSpan.NONE, true);
  }

  /**
   * Creates a Message for one client.
   *
   * @param channel of the link on which the request arrived, for an answer; else 0
   */
  public Outgoing(Message message, int channel) {
    this(message, channel, MessageSpan.NONE, false);
  }

  /**
   * Creates a Message that is not an answer, for one client.
   *
   * @param span of its delivery to one session
   */
  public Outgoing(Message message, MessageSpan span) {
    this(message, 0, span, false);
  }

  private Outgoing(Message message, int channel, MessageSpan span, boolean shared) {
    this.message = message;
    this.channel = channel;
    this.span = span;
    this.shared = shared;
  }

  /** Returns the span of its delivery, which ends with it. */
  public MessageSpan span() {
    return span;
  }

  /** Returns the channel of the link, if it has channels. */
  public int channel() {
    return channel;
  }

  /** Returns whether more than one client may receive it, so that its forms are worth keeping. */
  public boolean isShared() {
    return shared;
  }

  /** Returns whether a late delivery is worthless: sent once and never kept. */
  public boolean isVolatile() {
    return YES.equals(Headers.get(message, Headers.VOLATILE));
  }

  /**
   * Returns what happens to it while its recipient reads too slowly. A volatile Message is sent at
   * once in any case, and a call waits for its answer.
   */
  public SlowPolicy slowPolicy() {
    SlowPolicy policy = SlowPolicy.of(message);
    return policy == SlowPolicy.QUEUE || isVolatile() || expectsAnswer()
        ? SlowPolicy.QUEUE
        : policy;
  }

  /** Returns whether it is a method call, which an app answers instead of acknowledging it. */
  public boolean expectsAnswer() {
    return MethodTranslator.isCall(message);
  }

  /** Counts one more queue that holds the Message; the first one charges its cost. */
  public void hold(MemoryAccount memory) {
    if (holders++ == 0) {
      memory.charge(MemoryUse.OUTBOX, MessageCost.of(message, size()));
    }
  }

  /** Counts one queue less; after the last one the cost is given back. */
  public void release(MemoryAccount memory) {
    if (--holders == 0) {
      memory.release(MemoryUse.OUTBOX, MessageCost.of(message, size()));
    }
  }

  public Message message() {
    return message;
  }

  /** Returns the bytes of the Message in its protobuf form. */
  public int size() {
    if (size < 0) {
      size = MessageSize.of(message);
    }
    return size;
  }

  /** Returns the Message in the encoder's form. */
  @SuppressWarnings("unchecked") // a form holds what its own encoder made
  public <T> T as(Encoder<T> encoder) {
    for (Form form = forms; form != null; form = form.next) {
      if (form.encoder == encoder) {
        return (T) form.encoded;
      }
    }
    T encoded = encoder.encode(message);
    forms = new Form(encoder, encoded, forms);
    return encoded;
  }
}
