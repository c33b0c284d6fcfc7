package io.linkspan.mailbox;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts Messages of mailboxes by their events. Shared by all event loops. */
public final class MailboxMetrics {

  final Counter kept;
  final Counter refused;
  final Counter delivered;
  final Counter expired;
  final Counter undeliverable;

  /** Registers the counters. */
  public MailboxMetrics(MeterRegistry registry) {
    kept = counter(registry, "kept");
    refused = counter(registry, "refused");
    delivered = counter(registry, "delivered");
    expired = counter(registry, "expired");
    undeliverable = counter(registry, "undeliverable");
  }

  private static Counter counter(MeterRegistry registry, String event) {
    return Counter.builder("linkspan.mailbox.messages")
        .description("Messages of mailboxes")
        .tag("event", event)
        .register(registry);
  }
}
