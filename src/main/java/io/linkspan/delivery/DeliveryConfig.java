package io.linkspan.delivery;

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
    int maxDuplicateUsers) {}
