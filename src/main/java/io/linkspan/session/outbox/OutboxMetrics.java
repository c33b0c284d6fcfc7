package io.linkspan.session.outbox;

import io.micrometer.core.instrument.Counter;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters that all outboxes of a node share.
 *
 * @param pending Messages that are not acknowledged
 * @param pendingBytes the same in bytes
 * @param redelivered Messages that were sent again
 * @param abandoned Messages that failed after all their attempts
 * @param slow what slow readers do not get
 * @param latency until acknowledgement; of one event loop, unlike the counters
 */
public record OutboxMetrics(
    LongAdder pending,
    LongAdder pendingBytes,
    Counter redelivered,
    Counter abandoned,
    SlowMetrics slow,
    DeliveryLatency latency) {}
