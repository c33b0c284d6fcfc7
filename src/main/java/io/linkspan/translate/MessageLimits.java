package io.linkspan.translate;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;

/**
 * Bounds on what a Message of a client may consist of. They are checked before it is read into
 * objects: a Message of tiny parts weighs many times its bytes.
 *
 * @param headers entries, and fields that the schema does not name
 * @param attachments attached parts
 */
public record MessageLimits(int headers, int attachments) {

  /** For senders that are trusted. */
  public static final MessageLimits NONE = new MessageLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);

  /** Returns why a Message has too many parts; null when it has not. */
  public String refusalOf(Message message) {
    if (Headers.count(message) > headers) {
      return "a message has at most " + headers + " headers";
    }
    return message.getAttachmentsCount() > attachments
        ? "a message has at most " + attachments + " attachments"
        : null;
  }
}
