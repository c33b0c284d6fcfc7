package io.linkspan.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** Receives spans as a collector does: OTLP in protobuf over HTTP. */
public final class TraceCollector implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * A span that has arrived.
   *
   * @param service name of the resource
   * @param node id of the gateway's node
   */
  public record Received(String service, String node, Span span) {

    public String name() {
      return span.getName();
    }

    public String trace() {
      return HexFormat.of().formatHex(span.getTraceId().toByteArray());
    }

    public String id() {
      return HexFormat.of().formatHex(span.getSpanId().toByteArray());
    }

    /** Returns the id of the parent; an empty text for a root. */
    public String parent() {
      return HexFormat.of().formatHex(span.getParentSpanId().toByteArray());
    }

    public boolean failed() {
      return span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR;
    }

    /** Returns the names of the events, in order. */
    public List<String> events() {
      return span.getEventsList().stream().map(Span.Event::getName).toList();
    }

    /** Returns the text of an attribute; null when there is none. */
    public String attribute(String name) {
      return find(span.getAttributesList(), name);
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newSingleThreadExecutor();
  private final Queue<Received> spans = new ConcurrentLinkedQueue<>();
  private final Queue<String> authorizations = new ConcurrentLinkedQueue<>();
  private volatile int status = 200;

  private TraceCollector(HttpServer server) {
    this.server = server;
    server.createContext("/v1/traces", this::receive);
    server.setExecutor(threads);
    server.start();
  }

  /** Listens at a free port. */
  public static TraceCollector start() {
    try {
      return new TraceCollector(
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the URL at which it receives spans. */
  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces";
  }

  /** Answers with this status from now on; spans are kept with 200 only. */
  public void answer(int status) {
    this.status = status;
  }

  /** Returns the values of the header Authorization of the requests. */
  public List<String> authorizations() {
    return List.copyOf(authorizations);
  }

  /** Returns all spans. */
  public List<Received> spans() {
    return List.copyOf(spans);
  }

  /** Returns the spans of a trace. */
  public List<Received> trace(String id) {
    return spans.stream().filter(span -> span.trace().equals(id)).toList();
  }

  /** Waits for a span and returns the first one. */
  public Received await(Predicate<Received> wanted) {
    return awaitAll(wanted, 1).get(0);
  }

  /** Waits for so many spans. */
  public List<Received> awaitAll(Predicate<Received> wanted, int count) {
    Awaitility.await().atMost(PATIENCE).until(() -> spans.stream().filter(wanted).count() >= count);
    return spans.stream().filter(wanted).toList();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdown();
  }

  private void receive(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    List<String> authorization = exchange.getRequestHeaders().get("Authorization");
    if (authorization != null) {
      authorizations.addAll(authorization);
    }
    int answer = status;
    if (answer == 200) {
      keep(ExportTraceServiceRequest.parseFrom(body));
    }
    byte[] reply = ExportTraceServiceResponse.getDefaultInstance().toByteArray();
    exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
    exchange.sendResponseHeaders(answer, reply.length == 0 ? -1 : reply.length);
    exchange.close();
  }

  private void keep(ExportTraceServiceRequest request) {
    for (var resource : request.getResourceSpansList()) {
      Resource of = resource.getResource();
      String service = find(of.getAttributesList(), "service.name");
      String node = find(of.getAttributesList(), "service.instance.id");
      for (var scope : resource.getScopeSpansList()) {
        scope.getSpansList().forEach(span -> spans.add(new Received(service, node, span)));
      }
    }
  }

  private static String find(List<KeyValue> attributes, String name) {
    for (KeyValue attribute : attributes) {
      if (attribute.getKey().equals(name)) {
        AnyValue value = attribute.getValue();
        return value.hasStringValue() ? value.getStringValue() : Long.toString(value.getIntValue());
      }
    }
    return null;
  }
}
