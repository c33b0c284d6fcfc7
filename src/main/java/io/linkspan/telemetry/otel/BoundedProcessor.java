package io.linkspan.telemetry.otel;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes ended spans to an exporter in batches and counts what becomes of them. A full queue drops
 * spans and delays nobody. Shared by all threads.
 */
final class BoundedProcessor implements SpanProcessor {

  private static final Logger LOG = LoggerFactory.getLogger(BoundedProcessor.class);
  private static final Duration DELAY = Duration.ofSeconds(1);

  /** Spans of one request to the collector. */
  private static final int BATCH = 512;

  private final TracingMetrics metrics;
  private final int queue;
  private final SpanProcessor batches;
  private final AtomicInteger waiting = new AtomicInteger();

  /** Whether the collector accepted the latest batch. Written by the exporter's thread. */
  private volatile boolean available = true;

  /**
   * Creates a processor.
   *
   * @param queue spans that wait
   * @param timeout of one batch
   */
  BoundedProcessor(SpanExporter exporter, int queue, Duration timeout, TracingMetrics metrics) {
    this.metrics = metrics;
    this.queue = queue;
    batches =
        BatchSpanProcessor.builder(new Counting(exporter))
            .setMaxQueueSize(queue)
            .setMaxExportBatchSize(Math.min(BATCH, queue))
            .setScheduleDelay(DELAY)
            .setExporterTimeout(timeout)
            .build();
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {}

  @Override
  public boolean isStartRequired() {
    return false;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    // Counted here, since the queue behind drops without a trace. It never holds more than this.
    if (waiting.incrementAndGet() > queue) {
      waiting.decrementAndGet();
      metrics.queueFull.increment();
    } else {
      batches.onEnd(span);
    }
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  @Override
  public CompletableResultCode forceFlush() {
    return batches.forceFlush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return batches.shutdown();
  }

  private void exported(int spans, boolean accepted) {
    (accepted ? metrics.exported : metrics.notAccepted).increment(spans);
    if (accepted != available) {
      available = accepted;
      if (accepted) {
        LOG.info("the collector of traces is available again");
      } else {
        LOG.warn("the collector of traces does not accept spans; they are dropped");
      }
    }
  }

  /** Counts the spans that leave the queue, and whether the collector accepts them. */
  private final class Counting implements SpanExporter {

    private final SpanExporter exporter;

    Counting(SpanExporter exporter) {
      this.exporter = exporter;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      int count = spans.size();
      waiting.addAndGet(-count);
      CompletableResultCode result = exporter.export(spans);
      result.whenComplete(() -> exported(count, result.isSuccess()));
      return result;
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }
}
