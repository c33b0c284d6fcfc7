package io.linkspan.telemetry.otel;

import io.linkspan.telemetry.TracingConfig;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Sets up OpenTelemetry's exporter and the provider of its spans. */
final class Exporters {

  /** In characters. Names of clients are shorter, except in Messages that are refused. */
  private static final int LONGEST_ATTRIBUTE = 256;

  /** A Message that is written again and again has no more of them. */
  private static final int MAX_EVENTS = 32;

  /** Writes a line for each failed request, past the node's log. A field: loggers are weak. */
  private static final Logger LIBRARY = Logger.getLogger("io.opentelemetry");

  private Exporters() {}

  /** Returns an exporter that sends protobuf over HTTP and retries nothing. */
  static SpanExporter otlp(TracingConfig config) {
    LIBRARY.setLevel(Level.OFF);
    OtlpHttpSpanExporterBuilder exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(config.endpoint())
            .setTimeout(config.timeout())
            .setConnectTimeout(config.timeout())
            .setRetryPolicy(null)
            .setMeterProvider(MeterProvider.noop());
    config.headers().forEach(exporter::addHeader);
    return exporter.build();
  }

  /** Returns a provider whose spans are all recorded: what is not sampled has none. */
  static SdkTracerProvider provider(String service, String node, SpanProcessor processor) {
    return SdkTracerProvider.builder()
        .setResource(
            Resource.create(
                Attributes.of(
                    AttributeKey.stringKey("service.name"),
                    service,
                    AttributeKey.stringKey("service.instance.id"),
                    node)))
        .setSampler(Sampler.alwaysOn())
        .setSpanLimits(
            SpanLimits.builder()
                .setMaxAttributeValueLength(LONGEST_ATTRIBUTE)
                .setMaxNumberOfEvents(MAX_EVENTS)
                .build())
        .addSpanProcessor(processor)
        .build();
  }
}
