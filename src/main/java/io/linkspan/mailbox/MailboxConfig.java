package io.linkspan.mailbox;

import io.linkspan.config.ConfigNode;
import io.linkspan.log.LogBounds;
import java.time.Duration;
import java.util.function.Function;

/**
 * Settings of the mailboxes.
 *
 * @param longest time for which a Message is kept; zero: none is
 * @param max Messages of one user
 * @param maxBytes of the Messages of one user
 * @param hook bus address of the service that is notified of each kept Message; empty for none
 */
public record MailboxConfig(Duration longest, int max, int maxBytes, String hook) {

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
