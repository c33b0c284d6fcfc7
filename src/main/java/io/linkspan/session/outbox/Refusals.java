package io.linkspan.session.outbox;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;

/** The errors in which a delivery ends, as its sender receives them. */
final class Refusals {

  private Refusals() {}

  static MessageException tooLarge(int most) {
    return new MessageException(
        ErrorCode.TOO_LARGE, "the recipient can be sent no more than " + most + " bytes at once");
  }

  static MessageException full(int pending) {
    return new MessageException(
        ErrorCode.QUEUE_FULL,
        "the recipient has " + pending + " messages that it did not acknowledge");
  }

  static MessageException abandoned(int attempts) {
    return new MessageException(
        ErrorCode.TIMEOUT, "the recipient did not acknowledge " + attempts + " times");
  }

  static MessageException superseded() {
    return new MessageException(ErrorCode.SUPERSEDED, "a newer message took its place");
  }

  static MessageException slow() {
    return new MessageException(ErrorCode.QUEUE_FULL, "the recipient reads too slowly");
  }

  static MessageException leaving() {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient is leaving");
  }

  static MessageException away() {
    return new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient is away");
  }
}
