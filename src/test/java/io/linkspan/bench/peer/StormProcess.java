package io.linkspan.bench.peer;

import io.linkspan.bench.ServerProcess;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs {@code linkspan storm} in a process of its own that gets the processors when nobody else
 * wants them: its clients stand for machines of their own, which take no time from the server.
 */
public final class StormProcess implements AutoCloseable {

  private final Process process;
  private final BufferedReader output;
  private JsonObject last = new JsonObject();

  /** Starts a storm without good clients. */
  public StormProcess(String url, String kind, int clients, int seconds) throws IOException {
    List<String> command = new ArrayList<>(List.of("chrt", "--idle", "0"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC"));
    command.addAll(List.of("-jar", ServerProcess.GATEWAY_JAR.toString(), "storm", url));
    command.addAll(List.of("--kind", kind, "--clients", Integer.toString(clients)));
    command.addAll(List.of("--good", "0", "--quiet-seconds", "0", "--json"));
    command.addAll(List.of("--addresses", Integer.toString(clients)));
    command.addAll(List.of("--seconds", Integer.toString(seconds)));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    output = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Waits until the first second of the storm is over. */
  public void awaitFirstSecond() throws IOException {
    if (output.readLine() == null) {
      throw new IOException("the storm did not begin");
    }
  }

  /** Waits for the end of the storm, and returns the counts of all of it. */
  public JsonObject await() throws IOException {
    for (String line; (line = output.readLine()) != null; ) {
      last = new JsonObject(line);
    }
    return last;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
