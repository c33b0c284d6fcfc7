package io.linkspan.testing;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs a gateway as a user does: the jar in a process of its own. */
public final class GatewayProcess implements AutoCloseable {

  private static final String READY = " is ready, ports ";
  private static final long TIMEOUT_MS = 180_000;

  private final ChildProcess process;
  private JsonObject ports;

  private GatewayProcess(
      List<String> prefix, Map<String, String> environment, List<String> arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // A test runs for seconds: what the optimizing compiler does costs more than it saves.
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-jar", jar()));
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

  /** Waits until the gateway is ready; ends the process when it does not become ready. */
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

  /** Waits until the process has printed a line with this text. */
  public void awaitOutput(String text) throws InterruptedException {
    process.awaitLine("\"" + text + "\"", line -> line.contains(text), TIMEOUT_MS);
  }

  /**
   * Runs a command line without waiting for anything. The process receives SIGHUP also where the
   * tests run with {@code nohup}, by which a JVM ignores the signal.
   */
  public static GatewayProcess launch(Map<String, String> environment, String... arguments) {
    return new GatewayProcess(
        List.of("env", "--default-signal=HUP"), environment, List.of(arguments));
  }

  /** Runs a gateway in another network namespace. */
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

  /** Returns the main TCP port; {@code tcp.enabled} must be set. */
  public int tcpPort() {
    return ports.getInteger("tcp");
  }

  public int managementPort() {
    return ports.getInteger("management");
  }

  /** Returns the address of the playground, the root of all that is served to clients. */
  public URI http() {
    return URI.create("http://127.0.0.1:" + httpPort() + "/");
  }

  /** Returns the address for plain WebSocket clients. */
  public URI websocket() {
    return URI.create("ws://127.0.0.1:" + httpPort() + "/ws");
  }

  /** Returns everything that the process has printed. */
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

  /** Returns the id of the process. */
  public long pid() {
    return process.pid();
  }

  /** Returns the CPU time that the process has used, in steps of 10 ms. */
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
