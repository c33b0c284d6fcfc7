package io.linkspan.mailbox;

import io.linkspan.config.ConfigNode;
import io.linkspan.log.LogBounds;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;

/**
 * Settings of the mailboxes.
 *
 * @param longest time for which a Message is kept; zero: none is
 * @param max Messages of one user
 * @param maxBytes of the Messages of one user
 * @param per the readers of whom each receives a Message
 * @param devices of a user that have mailboxes, at most
 * @param hook bus address of the service that is notified of each kept Message; empty for none
 */
public record MailboxConfig(
    Duration longest, int max, int maxBytes, Per per, int devices, String hook) {

  /** The readers of a mailbox of whom each receives a Message. */
  public enum Per {
    /** The user: the first session that acknowledges a Message removes it. */
    USER,
    /** Each device of the user, which removes a Message only for itself. */
    DEVICE
  }

  private static final Map<String, Per> READERS = Map.of("user", Per.USER, "device", Per.DEVICE);
  private static final int MOST_DEVICES = 100;

  private static final int MOST = 1_000_000;
  private static final Duration LIMIT = Duration.ofDays(366);

  /**
   * Reads the section {@code mailbox}.
   *
   * @param http makes a bus address of the service in a section {@code http}
   */
  public static MailboxConfig read(ConfigNode mailbox, Function<ConfigNode, String> http) {
    Duration longest = mailbox.duration("for", Duration.ZERO, LIMIT);
    ConfigNode hook = mailbox.section("hook");
    String bus = hook.text("bus");
    boolean posts = !hook.section("http").secret("url").isEmpty();
    if (posts && !bus.isEmpty()) {
      hook.reject("bus", "no address while " + hook.keyOf("http.url") + " is set");
    }
    return new MailboxConfig(
        longest,
        mailbox.count("max", 1, MOST),
        mailbox.size("maxBytes", 1),
        mailbox.choice("per", READERS),
        mailbox.count("devices", 1, MOST_DEVICES),
        posts && !longest.isZero() ? http.apply(hook) : bus);
  }

  /** Returns whether Messages are kept. */
  public boolean isOn() {
    return !longest.isZero();
  }

  LogBounds bounds() {
    return new LogBounds(max, maxBytes, longest, LogBounds.WhenFull.REFUSE);
  }
}
