package io.linkspan.session;

import java.time.Duration;

/**
 * How hand-overs are bounded in time.
 *
 * @param requestTimeout a service's time to reply
 * @param ackTimeout a client's time to acknowledge before the Message is sent again
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
