package io.linkspan.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Runs clients of the C library in a process of their own: {@code src/test/c/enet_load.c}. */
public final class EnetLoad implements AutoCloseable {

  /** The load of the clients, and its duration. */
  public record Plan(
      int peers, int size, int inFlight, int rate, long warmUpMs, long warmUpMessages) {}

  /**
   * One measurement.
   *
   * @param repeated commands that the clients sent again, per message
   * @param datagrams that the clients sent, per message
   */
  public record Measured(Window.Load load, double repeated, double datagrams) {}

  private final ServerProcess server;
  private final Process process;
  private final BufferedReader output;

  /** Connects all peers. */
  public EnetLoad(Path program, ServerProcess server, boolean isGateway, Plan plan, long windowMs)
      throws IOException {
    this.server = server;
    process =
        new ProcessBuilder(
                program.toString(),
                Integer.toString(server.port("enet")),
                isGateway ? "gateway" : "echo",
                Integer.toString(plan.peers()),
                Integer.toString(plan.size()),
                Integer.toString(plan.inFlight()),
                Integer.toString(plan.rate()),
                Long.toString(plan.warmUpMs()),
                Long.toString(plan.warmUpMessages()),
                Long.toString(windowMs))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    output = process.inputReader(StandardCharsets.UTF_8);
    await("ready");
  }

  /** Loads the server, and measures it after the warm-up. */
  public Measured measure() throws IOException {
    await("begin");
    var window = new Window(server, process.toHandle());
    String[] end = await("end").split(" ", -1);
    long messages = Long.parseLong(end[1]);
    return new Measured(
        window.end(messages, Double.parseDouble(end[2]), Double.parseDouble(end[3])),
        Double.parseDouble(end[4]) / messages,
        Double.parseDouble(end[5]) / messages);
  }

  /** Keeps the peers idle for a time. */
  public CpuTime rest() throws IOException {
    await("begin");
    CpuTime before = server.cpuTime();
    await("end");
    return server.cpuTime().minus(before);
  }

  /** Disconnects the peers and ends the process. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().join();
  }

  private String await(String word) throws IOException {
    String line = output.readLine();
    if (line == null || !line.startsWith(word)) {
      throw new IOException("not " + word + ": " + line);
    }
    return line;
  }
}
