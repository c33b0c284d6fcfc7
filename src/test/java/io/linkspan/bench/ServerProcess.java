package io.linkspan.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server in a JVM of its own, and what Linux and the JVM say of it. */
final class ServerProcess implements AutoCloseable {

  /** The servers that are compared; all run with the same JVM options. */
  enum Kind {
    RAW("raw echo", "/", 1),
    LINKSPAN("linkspan", "/ws?ack=transport&user=", 2);

    private final String label;
    private final String path;
    private final int framesPerAnswer;

    Kind(String label, String path, int framesPerAnswer) {
      this.label = label;
      this.path = path;
      this.framesPerAnswer = framesPerAnswer;
    }

    String label() {
      return label;
    }

    /** Where a client of this name connects. */
    String pathOf(String client) {
      return this == RAW ? path : path + client;
    }

    /** Frames that come back for one Message: the gateway acknowledges before it answers. */
    int framesPerAnswer() {
      return framesPerAnswer;
    }
  }

  private static final List<String> JVM_OPTIONS =
      List.of("-Xms1g", "-Xmx1g", "-XX:+UseSerialGC", "-XX:+AlwaysPreTouch");
  private static final Path JAVA_BIN = Path.of(System.getProperty("java.home"), "bin");
  private static final Path GATEWAY_JAR = Path.of("target", "linkspan.jar");
  private static final Pattern PORTS = Pattern.compile("\"http\":(\\d+).*\"tcp\":(\\d+)");
  private static final Pattern HEAP_USED = Pattern.compile("total \\d+K, used (\\d+)K");
  private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  /** Linux shows CPU time in hundredths of a second, whatever the kernel counts in. */
  private static final long TICK_MICROS = 10_000;

  private static final int USER_TIME = 11;
  private static final int SYSTEM_TIME = 12;

  private final Process process;
  private final int httpPort;
  private final int tcpPort;

  private ServerProcess(Process process, int httpPort, int tcpPort) {
    this.process = process;
    this.httpPort = httpPort;
    this.tcpPort = tcpPort;
  }

  /** Starts a server and waits until it listens. */
  static ServerProcess start(Kind kind, int eventLoops) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(JAVA_BIN.resolve("java").toString());
    command.addAll(JVM_OPTIONS);
    if (kind == Kind.LINKSPAN) {
      command.addAll(List.of("-jar", GATEWAY_JAR.toString()));
    } else {
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(List.of(RawEchoServer.class.getName(), Integer.toString(eventLoops)));
    }
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("LINKSPAN_EVENTLOOPS", Integer.toString(eventLoops));
    builder.environment().put("LINKSPAN_HTTP_PORT", "0");
    builder.environment().put("LINKSPAN_ENET_PORT", "0");
    builder.environment().put("LINKSPAN_TCP_ENABLED", "true");
    builder.environment().put("LINKSPAN_TCP_PORT", "0");
    builder.environment().put("LINKSPAN_TCP_ACKNOWLEDGE", "transport");
    builder.environment().put("LINKSPAN_MANAGEMENT_PORT", "0");
    Process process = builder.start();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    for (String line; (line = output.readLine()) != null; ) {
      Matcher ports = PORTS.matcher(line);
      if (ports.find()) {
        return new ServerProcess(
            process, Integer.parseInt(ports.group(1)), Integer.parseInt(ports.group(2)));
      }
    }
    process.destroyForcibly();
    throw new IOException(kind.label() + " did not start");
  }

  int port(LoadGenerator.Wire wire) {
    return wire == LoadGenerator.Wire.TCP ? tcpPort : httpPort;
  }

  /** CPU time used so far, in the program and in the kernel. */
  CpuTime cpuTime() throws IOException {
    String stat = Files.readString(proc("stat"));
    // The second field is the program's name, in brackets, and may have spaces in it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return new CpuTime(
        Long.parseLong(fields[USER_TIME]) * TICK_MICROS,
        Long.parseLong(fields[SYSTEM_TIME]) * TICK_MICROS);
  }

  /** Memory the process has, the whole heap included. */
  long residentBytes() throws IOException {
    return 1024 * number(RSS, Files.readString(proc("status")));
  }

  /** What is left in the heap after garbage collections. */
  long liveHeapBytes() throws IOException, InterruptedException {
    // What the first collection finds dead may hold on to more until the second.
    jcmd("GC.run");
    jcmd("GC.run");
    Matcher generation = HEAP_USED.matcher(jcmd("GC.heap_info"));
    long used = 0;
    while (generation.find()) {
      used += 1024 * Long.parseLong(generation.group(1));
    }
    return used;
  }

  /** Ends the process and waits for it. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  private String jcmd(String command) throws IOException, InterruptedException {
    String jcmd = JAVA_BIN.resolve("jcmd").toString();
    Process asked =
        new ProcessBuilder(jcmd, Long.toString(process.pid()), command)
            .redirectErrorStream(true)
            .start();
    String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (asked.waitFor() != 0) {
      throw new IOException(command + ": " + answer);
    }
    return answer;
  }

  private Path proc(String file) {
    return Path.of("/proc", Long.toString(process.pid()), file);
  }

  private static long number(Pattern pattern, String text) throws IOException {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IOException("no " + pattern + " in " + text);
    }
    return Long.parseLong(matcher.group(1));
  }
}
