package io.linkspan.connection;

import io.linkspan.api.ErrorCode;
import io.linkspan.metrics.Latencies;
import io.linkspan.metrics.Latency;
import io.linkspan.metrics.LatencyHistogram;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the connections and messages of one transport. Shared by all event loops. Counters are
 * created once, so that counting needs no look-up.
 */
public final class TransportMetrics {

  private final String transport;
  private final AtomicInteger connections = new AtomicInteger();
  private final Counter begun;
  private final Counter resumed;
  private final LatencyHistogram connect;
  private final LatencyHistogram resume;
  private final Counter messagesIn;
  private final Counter messagesOut;
  private final Counter acksIn;
  private final Counter acksOut;
  private final Counter heartbeatTimeouts;
  private final Map<ErrorCode, Counter> errors = new EnumMap<>(ErrorCode.class);
  private final Map<CloseReason, Counter> closes = new EnumMap<>(CloseReason.class);
  private final Map<CloseReason, Counter> refusals = new EnumMap<>(CloseReason.class);

  /** Creates the metrics of a transport and registers them. */
  public TransportMetrics(MeterRegistry registry, Latencies latencies, String transport) {
    this.transport = transport;
    Gauge.builder("linkspan.connections", connections, AtomicInteger::get)
        .description("Live connections")
        .tag("transport", transport)
        .register(registry);
    begun = connects(registry, "new");
    resumed = connects(registry, "resumed");
    connect = latencies.add(Latency.CONNECT, transport);
    resume = latencies.add(Latency.RESUME, transport);
    messagesIn = messages(registry, "in");
    messagesOut = messages(registry, "out");
    acksIn = acks(registry, "in");
    acksOut = acks(registry, "out");
    heartbeatTimeouts =
        Counter.builder("linkspan.heartbeat.timeouts")
            .description("Connections that ended because they were silent or did not read")
            .tag("transport", transport)
            .register(registry);
    for (ErrorCode code : ErrorCode.values()) {
      errors.put(
          code,
          Counter.builder("linkspan.errors")
              .description("Errors sent to clients")
              .tag("code", code.code())
              .register(registry));
    }
    for (CloseReason reason : CloseReason.values()) {
      closes.put(
          reason,
          Counter.builder("linkspan.closes")
              .description("Connections that ended")
              .tag("reason", reason.label())
              .tag("transport", transport)
              .register(registry));
      refusals.put(reason, connects(registry, reason.label()));
    }
  }

  public String transport() {
    return transport;
  }

  public int connections() {
    return connections.get();
  }

  public void opened() {
    connections.incrementAndGet();
  }

  public void closed(CloseReason reason) {
    connections.decrementAndGet();
    ended(reason);
  }

  /**
   * Counts a client that has a session now.
   *
   * @param isResumed whether it had the session before
   * @param since when its request or link arrived, in {@link System#nanoTime()}
   */
  public void joined(boolean isResumed, long since) {
    (isResumed ? resumed : begun).increment();
    (isResumed ? resume : connect).recordShared(System.nanoTime() - since);
  }

  /** Counts the end of a connection that was never counted as live. */
  public void refused(CloseReason reason) {
    notJoined(reason);
    ended(reason);
  }

  /** Counts a client that gets no session, on a connection whose end is counted elsewhere. */
  public void notJoined(CloseReason reason) {
    refusals.get(reason).increment();
  }

  private void ended(CloseReason reason) {
    closes.get(reason).increment();
    if (reason == CloseReason.HEARTBEAT_TIMEOUT) {
      heartbeatTimeouts.increment();
    }
  }

  public void messageIn() {
    messagesIn.increment();
  }

  public void messageOut() {
    messagesOut.increment();
  }

  public void ackIn() {
    acksIn.increment();
  }

  public void ackOut() {
    acksOut.increment();
  }

  public void error(ErrorCode code) {
    errors.get(code).increment();
  }

  private Counter connects(MeterRegistry registry, String outcome) {
    return Counter.builder("linkspan.connects")
        .description("Clients that asked for a session, by what became of it")
        .tag("outcome", outcome)
        .tag("transport", transport)
        .register(registry);
  }

  private Counter messages(MeterRegistry registry, String direction) {
    return Counter.builder("linkspan.messages")
        .description("Messages from and to clients")
        .tag("direction", direction)
        .tag("transport", transport)
        .register(registry);
  }

  private static Counter acks(MeterRegistry registry, String direction) {
    return Counter.builder("linkspan.acks")
        .description("Acknowledgements from and to clients")
        .tag("direction", direction)
        .register(registry);
  }
}
