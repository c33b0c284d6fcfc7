package io.linkspan.testing;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A gateway as a user runs it: the jar in a process of its own. */
public final class GatewayProcess implements AutoCloseable {

  private static final String READY = " is ready, ports ";
  private static final long TIMEOUT_MS = 180_000;

  private final ChildProcess process;
  private JsonObject ports;

  private GatewayProcess(
      List<String> prefix, Map<String, String> environment, List<String> arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-jar", jar()));
    command.addAll(arguments);
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("LINKSPAN_"));
    builder.environment().put("LINKSPAN_HTTP_PORT", "0");
    builder.environment().put("LINKSPAN_ENET_PORT", "0");
    builder.environment().put("LINKSPAN_TCP_PORT", "0");
    builder.environment().put("LINKSPAN_MANAGEMENT_PORT", "0");
    builder.environment().putAll(environment);
    process = new ChildProcess(builder);
  }

  /**
   * Starts a gateway on free ports, unless the environment names others; returns once it is ready.
   */
  public static GatewayProcess start(Map<String, String> environment, String... arguments)
      throws InterruptedException {
    return launch(environment, arguments).awaitReady();
  }

  /** Waits until it is ready; ends it when that does not come. */
  public GatewayProcess awaitReady() throws InterruptedException {
    try {
      String line = process.awaitLine("readiness", text -> text.contains(READY), TIMEOUT_MS);
      ports = new JsonObject(line.substring(line.indexOf(READY) + READY.length()));
      return this;
    } catch (AssertionError | InterruptedException e) {
      close();
      throw e;
    }
  }

  /** Runs a command line without waiting for anything. */
  public static GatewayProcess launch(Map<String, String> environment, String... arguments) {
    return new GatewayProcess(List.of(), environment, List.of(arguments));
  }

  /** Runs one on another host. */
  public static GatewayProcess launchIn(
      NetworkNamespace host, Map<String, String> environment, String... arguments) {
    return new GatewayProcess(host.prefix(), environment, List.of(arguments));
  }

  public int httpPort() {
    return ports.getInteger("http");
  }

  public int enetPort() {
    return ports.getInteger("enet");
  }

  /** The main TCP port; {@code tcp.enabled} has to be set. */
  public int tcpPort() {
    return ports.getInteger("tcp");
  }

  public int managementPort() {
    return ports.getInteger("management");
  }

  /** The page, and the root of everything else that is served to clients. */
  public URI http() {
    return URI.create("http://127.0.0.1:" + httpPort() + "/");
  }

  /** Where plain WebSocket clients connect. */
  public URI websocket() {
    return URI.create("ws://127.0.0.1:" + httpPort() + "/ws");
  }

  /** Everything it has printed. */
  public String output() {
    return process.output();
  }

  /**
   * Waits for the end of the process.
   *
   * @return the exit code
   */
  public int awaitExit() throws InterruptedException {
    return process.awaitExit(TIMEOUT_MS);
  }

  /**
   * Sends SIGTERM and waits for the end of the process.
   *
   * @return the exit code
   */
  public int terminate() throws InterruptedException {
    process.terminate();
    return awaitExit();
  }

  public boolean isAlive() {
    return !process.hasEnded();
  }

  /** By which the system knows it. */
  public long pid() {
    return process.pid();
  }

  /** CPU time it has used, in hundredths of a second. */
  public Duration cpuTime() {
    return process.cpuTime();
  }

  /** Sends a signal by its name, such as STOP. */
  public void signal(String name) {
    process.signal(name);
  }

  @Override
  public void close() {
    process.close();
  }

  static String jar() {
    String jar = System.getProperty("linkspan.jar");
    if (jar == null) {
      throw new IllegalStateException("linkspan.jar is not set: run this test with mvn verify");
    }
    return jar;
  }
}
