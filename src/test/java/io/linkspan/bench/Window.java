package io.linkspan.bench;

import java.io.IOException;
import java.util.List;

/**
 * Measures the time between two moments, and what a server, the load and the rest of the machine
 * used in it.
 */
public final class Window {

  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  private final List<ServerProcess> servers;
  private final ProcessHandle load;
  private final CpuTime serverBefore;
  private final long compilerBefore;
  private final CpuTime loadBefore;
  private final long idleBefore;
  private final long start;

  /** Begins a window. */
  public Window(ServerProcess server, ProcessHandle load) throws IOException {
    this(List.of(server), load);
  }

  /** Begins a window, in which the times of several servers count. */
  public Window(List<ServerProcess> servers, ProcessHandle load) throws IOException {
    this.servers = List.copyOf(servers);
    this.load = load;
    idleBefore = CpuTime.idleMicros();
    loadBefore = CpuTime.of(load);
    compilerBefore = compilerMicros();
    serverBefore = cpuTime();
    start = System.nanoTime();
  }

  /**
   * Ends the window.
   *
   * @param messages answered meanwhile
   * @param p50 latency in microseconds
   * @param p99 latency in microseconds
   */
  public Load end(long messages, double p50, double p99) throws IOException {
    double micros = (System.nanoTime() - start) / 1_000.0;
    CpuTime cpu = cpuTime().minus(serverBefore);
    long compiler = compilerMicros() - compilerBefore;
    long own = CpuTime.of(load).minus(loadBefore).total();
    long idle = CpuTime.idleMicros() - idleBefore;
    return new Load(
        (double) cpu.total() / messages,
        (double) cpu.user() / messages,
        (double) compiler / messages,
        messages * 1e6 / micros,
        p50,
        p99,
        100 * (PROCESSORS * micros - idle - own - cpu.total()) / micros);
  }

  private CpuTime cpuTime() throws IOException {
    CpuTime sum = servers.get(0).cpuTime();
    for (ServerProcess other : servers.subList(1, servers.size())) {
      sum = sum.plus(other.cpuTime());
    }
    return sum;
  }

  private long compilerMicros() throws IOException {
    long sum = 0;
    for (ServerProcess server : servers) {
      sum += server.compilerMicros();
    }
    return sum;
  }

  /**
   * One measurement under load.
   *
   * @param cpu of the server, in microseconds per message
   * @param user the part outside of the kernel
   * @param compiler the part of that for compilation
   * @param perSecond messages answered
   * @param p50 latency in microseconds
   * @param p99 latency in microseconds
   * @param others CPU of the rest of the machine, in percent of one processor
   */
  public record Load(
      double cpu,
      double user,
      double compiler,
      double perSecond,
      double p50,
      double p99,
      double others) {}
}
