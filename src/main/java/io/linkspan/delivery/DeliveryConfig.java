package io.linkspan.delivery;

import io.linkspan.config.ConfigNode;
import java.time.Duration;

/**
 * Time limits of deliveries, and how many eventIds are remembered.
 *
 * @param requestTimeout for a service to reply
 * @param ackTimeout for a client to acknowledge before the Message is sent again
 * @param maxAttempts times a Message is sent before it fails as timeout
 * @param maxDuplicates eventIds remembered per user
 * @param duplicateWindow how long an eventId is remembered
 * @param maxDuplicateUsers users without a session whose eventIds are still remembered
 */
public record DeliveryConfig(
    Duration requestTimeout,
    Duration ackTimeout,
    int maxAttempts,
    int maxDuplicates,
    Duration duplicateWindow,
    int maxDuplicateUsers) {
  private static final int MOST_ATTEMPTS = 1_000;

  /** Reads the section {@code delivery}. */
  public static DeliveryConfig read(ConfigNode delivery) {
    ConfigNode duplicates = delivery.section("duplicates");
    return new DeliveryConfig(
        delivery.duration("requestTimeout"),
        delivery.duration("ackTimeout"),
        delivery.count("maxAttempts", 1, MOST_ATTEMPTS),
        duplicates.count("max", 0),
        duplicates.duration("window"),
        duplicates.count("users", 0));
  }
}
