package io.linkspan.delivery;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.routing.Recipient;
import java.util.function.Consumer;

/** A Message on its way to a recipient. Used only on its shard's event loop. */
abstract class RoutedMessage extends ForwardingCallback {

  final Recipient recipient;
  final Message message;
  final DeliveryScope scope;

  /** Place among those for the same recipient. */
  final long number;

  /** The Message with its position in the history of the group; null for one that is not kept. */
  Message positioned;

  /** Outcome where the Message is not sent, since it is kept; null for any other. */
  Consumer<DeliveryCallback> outcome;

  RoutedMessage(
      Recipient recipient,
      Message message,
      DeliveryScope scope,
      DeliveryCallback callback,
      long number) {
    super(callback);
    this.recipient = recipient;
    // A position that a sender has made up would mislead the members.
    this.message = isGroup() ? Headers.without(message, Headers.POSITION) : message;
    this.scope = scope;
    this.number = number;
  }

  /** Returns whether the recipient is a group. */
  boolean isGroup() {
    return recipient.kind() == Recipient.Kind.GROUP;
  }

  /** Returns the Message as the recipient receives it. */
  Message toSend() {
    return positioned == null ? message : positioned;
  }

  /** Returns whether a service waits for the client; a client as the sender never does. */
  boolean waits() {
    return !scope.acceptedIsEnough() && scope.except() == null;
  }
}
