package io.linkspan.trace;

import io.linkspan.api.Message;

/**
 * Selects what a watcher sees: the frames of a session, of all sessions of a user, or those that
 * carry or name an eventId. Exactly one of the three is not empty.
 */
public record TraceFilter(String session, String user, String eventId) {

  /** Returns whether frames of a client may be selected. */
  boolean selects(String clientSession, String clientUser) {
    if (!session.isEmpty()) {
      return session.equals(clientSession);
    }
    return user.isEmpty() || user.equals(clientUser);
  }

  /** Returns whether it selects single frames of all clients. */
  boolean isByEventId() {
    return !eventId.isEmpty();
  }

  boolean selects(Message message) {
    return eventId.isEmpty()
        || eventId.equals(message.getEventId())
        || eventId.equals(message.getReplyTo());
  }

  boolean selectsEventId(String of) {
    return eventId.isEmpty() || eventId.equals(of);
  }
}
