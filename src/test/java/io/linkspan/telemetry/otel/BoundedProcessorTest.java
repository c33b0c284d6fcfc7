package io.linkspan.telemetry.otel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every span is exported, waits, or is counted as dropped. */
class BoundedProcessorTest {

  private static final int QUEUE = 600;

  /** Takes batches and answers when the test says so. */
  private static final class HeldExporter implements SpanExporter {
    final Queue<CompletableResultCode> requests = new ConcurrentLinkedQueue<>();

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      var result = new CompletableResultCode();
      requests.add(result);
      return result;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  private final TracingMetrics metrics = new TracingMetrics(new SimpleMeterRegistry());
  private final HeldExporter exporter = new HeldExporter();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder()
          .addSpanProcessor(new BoundedProcessor(exporter, QUEUE, Duration.ofMinutes(5), metrics))
          .build();

  @AfterEach
  void stop() {
    CompletableResultCode stopped = provider.shutdown();
    await()
        .until(
            () -> {
              exporter.requests.forEach(CompletableResultCode::succeed);
              return stopped.isDone();
            });
  }

  @Test
  void aFullQueueDropsAndCounts() {
    end(512);
    await().until(() -> exporter.requests.size() == 1);
    // The batch at the exporter has left the queue.
    end(QUEUE);
    assertThat(metrics.queueFull.count()).isZero();
    end(7);
    assertThat(metrics.queueFull.count()).isEqualTo(7);
    exporter.requests.remove().succeed();
    await().until(() -> exporter.requests.size() == 1);
    assertThat(metrics.exported.count()).isEqualTo(512);
  }

  @Test
  void aBatchThatIsNotAcceptedIsCounted() {
    end(3);
    CompletableResultCode flushed = provider.forceFlush();
    await().until(() -> exporter.requests.size() == 1);
    exporter.requests.remove().fail();
    flushed.join(20, TimeUnit.SECONDS);
    assertThat(metrics.notAccepted.count()).isEqualTo(3);
    assertThat(metrics.exported.count()).isZero();
  }

  private void end(int spans) {
    for (int i = 0; i < spans; i++) {
      provider.get("test").spanBuilder("span").startSpan().end();
    }
  }
}
