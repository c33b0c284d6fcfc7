package io.linkspan.connection;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.translate.MethodTranslator;

/**
 * A Message on its way to one client or to many, together with what it looks like on their wires:
 * each form is encoded once, however many recipients it has. Used only on one event loop.
 */
public final class Outgoing {

  /** Makes one form of a Message. Its instances are constants: they are told apart by identity. */
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
  private Form forms;

  /** What the gateway says by itself goes on channel 0. */
  public Outgoing(Message message) {
    this(message, 0);
  }

  /**
   * An answer.
   *
   * @param channel of the link on which the question came
   */
  public Outgoing(Message message, int channel) {
    this.message = message;
    this.channel = channel;
  }

  /** Where the link takes it, if it has channels. */
  public int channel() {
    return channel;
  }

  /** Whether it is worth nothing when it comes late: sent once, and not held for anybody. */
  public boolean isVolatile() {
    return YES.equals(message.getHeadersOrDefault(Headers.VOLATILE, null));
  }

  /** Whether it is a method call, which an app does not acknowledge but answer. */
  public boolean expectsAnswer() {
    return MethodTranslator.isCall(message);
  }

  public Message message() {
    return message;
  }

  /** The Message in the encoder's form. */
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
