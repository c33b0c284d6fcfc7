package io.linkspan.session;

import io.linkspan.api.Message;
import java.time.Instant;

/** What a shard gives to Messages that come without it. Used only on its event loop. */
final class MessageDefaults {

  private final String prefix;
  private long assigned;
  private long formattedAt;
  private String formatted = "";

  /**
   * @param prefix of the eventIds, nobody else's
   */
  MessageDefaults(String prefix) {
    this.prefix = prefix;
  }

  /** Fills in eventId and createAt where the sender left them empty. */
  Message.Builder on(Message.Builder message) {
    if (message.getEventId().isEmpty()) {
      message.setEventId(prefix + Long.toString(++assigned, Character.MAX_RADIX));
    }
    if (message.getCreateAt().isEmpty()) {
      message.setCreateAt(now());
    }
    return message;
  }

  /** Formatted once a millisecond. */
  private String now() {
    long now = System.currentTimeMillis();
    if (now != formattedAt) {
      formattedAt = now;
      formatted = Instant.ofEpochMilli(now).toString();
    }
    return formatted;
  }
}
