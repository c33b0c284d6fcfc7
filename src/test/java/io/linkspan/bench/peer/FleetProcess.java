package io.linkspan.bench.peer;

import io.linkspan.testing.ClientLog;
import io.linkspan.testing.NodeScript;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Clients in a process of their own, which is asked by lines and answers by lines. */
public final class FleetProcess implements Fleet {

  private final Process process;
  private final BufferedReader output;
  private final Writer input;

  private FleetProcess(ProcessBuilder builder) throws IOException {
    process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    output = process.inputReader(StandardCharsets.UTF_8);
    input = process.outputWriter(StandardCharsets.UTF_8);
    try {
      line();
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /**
   * Starts clients of Socket.IO 4 in a process of Node, the same for the gateway and for its peers.
   *
   * @param group that they join
   */
  public static FleetProcess socketIo(int port, Users users, int perSecond, String group)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        NodeScript.command("node-socketio", "board-fleet.mjs", "--max-old-space-size=2048");
    builder
        .command()
        .addAll(
            List.of(
                "http://127.0.0.1:" + port,
                Integer.toString(users.first()),
                Integer.toString(users.count()),
                Integer.toString(perSecond),
                group));
    return new FleetProcess(builder);
  }

  /**
   * Starts a {@link NativeFleet} in a JVM of its own.
   *
   * @param group that they join; null: they have no session, and receive what the server writes
   * @param acknowledges whether they acknowledge what they receive
   */
  public static FleetProcess webSockets(
      int port, long seed, Users users, int perSecond, String group, boolean acknowledges)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(FleetProgram.class.getName());
    for (long number : new long[] {port, seed, users.first(), users.count(), perSecond}) {
      command.add(Long.toString(number));
    }
    command.add(Boolean.toString(acknowledges));
    if (group != null) {
      command.add(group);
    }
    return new FleetProcess(new ProcessBuilder(command));
  }

  @Override
  public int connected() throws IOException {
    command("count");
    return Integer.parseInt(line().split(" ", 2)[1]);
  }

  @Override
  public void startCutting(long periodMs, long awayMs) throws IOException {
    command("cut " + periodMs + ' ' + awayMs);
  }

  @Override
  public void stopCutting() throws IOException {
    command("calm");
  }

  @Override
  public List<ClientLog> logs() throws IOException {
    command("log");
    List<ClientLog> logs = new ArrayList<>();
    String line = line();
    while (!line.equals("end")) {
      logs.add(ClientLogJson.decode(new JsonObject(line)));
      line = line();
    }
    return logs;
  }

  private void command(String line) throws IOException {
    input.write(line + '\n');
    input.flush();
  }

  private String line() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("the clients have ended");
    }
    return line;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
