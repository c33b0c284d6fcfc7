package io.linkspan.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs a server in a process of its own, and reads its figures from Linux and from its JVM. */
public final class ServerProcess implements AutoCloseable {

  /** Options of all servers that run in a JVM. */
  public static final List<String> JVM_OPTIONS =
      List.of(
          "-Xms1g",
          "-Xmx1g",
          "-XX:+UseG1GC",
          "-XX:+AlwaysPreTouch",
          // The time of a thread that has ended cannot be attributed any more.
          "-XX:-UseDynamicNumberOfCompilerThreads");

  private static final Path JAVA_BIN = Path.of(System.getProperty("java.home"), "bin");

  /** The packaged gateway. */
  public static final Path GATEWAY_JAR = Path.of("target", "linkspan.jar");

  /** Its classes as a JVM lays them out in memory. */
  private static final Path CLASS_ARCHIVE = Path.of("target", "linkspan.jsa");

  private static final String PORT = "\"%s\":(\\d+)";
  private static final Pattern ANY_PORT = Pattern.compile("\"[a-z]+\":\\d+");
  private static final Pattern HEAP_USED = Pattern.compile("total \\d+K, used (\\d+)K");
  private static final Pattern HEAP_TOLD = Pattern.compile("\"heap\":(\\d+)");
  private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  private final Process process;
  private final BufferedReader output;
  private final String ports;
  private final boolean isJvm;

  private ServerProcess(Process process, BufferedReader output, String ports, boolean isJvm) {
    this.process = process;
    this.output = output;
    this.ports = ports;
    this.isJvm = isJvm;
  }

  /**
   * Makes an archive of the gateway's classes, as the build of its image does, which all gateways
   * of the following rows start with.
   */
  static void archiveClasses() throws IOException {
    Files.deleteIfExists(CLASS_ARCHIVE);
    Map<String, String> ofACluster =
        Map.of(
            "LINKSPAN_CLUSTER_ENABLED", "true",
            "LINKSPAN_CLUSTER_HOST", "127.0.0.1",
            "LINKSPAN_CLUSTER_JOIN_MEMBERS", "127.0.0.1",
            "LINKSPAN_CLUSTER_SECRET", "of-the-archive-only");
    List<String> options = new ArrayList<>(JVM_OPTIONS);
    options.add("-XX:ArchiveClassesAtExit=" + CLASS_ARCHIVE);
    try (var node = gatewayInJvm(List.of(), options, ofACluster)) {
      node.terminate();
      node.process.onExit().join();
    }
    if (!Files.exists(CLASS_ARCHIVE)) {
      throw new IOException("the JVM made no archive of its classes");
    }
  }

  /** Starts the packaged gateway on free ports, with its defaults and these settings. */
  static ServerProcess gateway(int eventLoops, String... arguments) throws IOException {
    return gateway(
        Map.of("LINKSPAN_EVENTLOOPS", Integer.toString(eventLoops)), List.of(), arguments);
  }

  /**
   * Starts the packaged gateway on free ports.
   *
   * @param environment settings that are laid over the defaults
   * @param options of the JVM beyond those of all servers
   */
  public static ServerProcess gateway(
      Map<String, String> environment, List<String> options, String... arguments)
      throws IOException {
    return gateway(List.of(), environment, options, arguments);
  }

  /**
   * Starts the packaged gateway by another command, which runs the one that follows it in its own
   * process.
   */
  public static ServerProcess gateway(
      List<String> prefix,
      Map<String, String> environment,
      List<String> options,
      String... arguments)
      throws IOException {
    List<String> all = new ArrayList<>(JVM_OPTIONS);
    all.addAll(options);
    return gatewayInJvm(prefix, all, environment, arguments);
  }

  /** Starts the packaged gateway in a JVM with these options alone. */
  static ServerProcess gatewayInJvm(
      List<String> prefix,
      List<String> options,
      Map<String, String> environment,
      String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(JAVA_BIN.resolve("java").toString());
    command.addAll(options);
    if (Files.exists(CLASS_ARCHIVE)) {
      command.add("-XX:SharedArchiveFile=" + CLASS_ARCHIVE);
    }
    command.addAll(List.of("-jar", GATEWAY_JAR.toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("LINKSPAN_"));
    builder.environment().put("LINKSPAN_HTTP_PORT", "0");
    builder.environment().put("LINKSPAN_ENET_PORT", "0");
    builder.environment().put("LINKSPAN_TCP_ENABLED", "true");
    builder.environment().put("LINKSPAN_TCP_PORT", "0");
    builder.environment().put("LINKSPAN_TCP_ACKNOWLEDGE", "transport");
    builder.environment().put("LINKSPAN_MANAGEMENT_PORT", "0");
    builder.environment().putAll(environment);
    return start(builder, true);
  }

  /** Starts a Java program with a class path of its own. */
  public static ServerProcess java(String classPath, String program, Object... arguments)
      throws IOException {
    List<String> command = jvm("-cp", classPath, program);
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return start(new ProcessBuilder(command), true);
  }

  /**
   * Starts any program; it prints {@code "name":port} once it listens, and {@code "heap":bytes} for
   * each line of its input if it is asked for its heap.
   */
  public static ServerProcess start(ProcessBuilder builder) throws IOException {
    return start(builder, false);
  }

  private static ServerProcess start(ProcessBuilder builder, boolean isJvm) throws IOException {
    if (Children.areEnding()) {
      throw new IOException("the run ends");
    }
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    for (String line; (line = output.readLine()) != null; ) {
      if (ANY_PORT.matcher(line).find()) {
        if (isJvm) {
          discard(output);
        }
        return new ServerProcess(process, output, line, isJvm);
      }
    }
    process.destroyForcibly();
    throw new IOException(builder.command() + " did not start");
  }

  /** Reads the log of a JVM, which would wait once the pipe is full. */
  private static void discard(BufferedReader output) {
    var reader =
        new Thread(
            () -> {
              try {
                output.lines().forEach(line -> {});
              } catch (UncheckedIOException ended) {
                // The pipe is closed with the process.
              }
            },
            "output of a server");
    reader.setDaemon(true);
    reader.start();
  }

  /** Returns the port for such clients: http, tcp or enet. */
  public int port(String name) throws IOException {
    return (int) number(Pattern.compile(PORT.formatted(name)), ports);
  }

  /** Returns the CPU time used so far, in the program and in the kernel. */
  public CpuTime cpuTime() throws IOException {
    return CpuTime.of(process.toHandle());
  }

  /** Returns the part of it for compilation, which ends. */
  public long compilerMicros() throws IOException {
    return CpuTime.compilerMicros(process.toHandle());
  }

  /** Returns the memory of the process, with the whole heap of a JVM. */
  public long residentBytes() throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    return 1024 * number(RSS, Files.readString(status));
  }

  /** Returns the heap after garbage collections; programs other than a JVM print it on request. */
  public long liveHeapBytes() throws IOException, InterruptedException {
    if (!isJvm) {
      Writer input = process.outputWriter(StandardCharsets.US_ASCII);
      input.append('\n').flush();
      return number(HEAP_TOLD, output.readLine());
    }
    // Objects that the first collection finds dead may hold others until the second.
    jcmd("GC.run");
    jcmd("GC.run");
    Matcher generation = HEAP_USED.matcher(jcmd("GC.heap_info"));
    long used = 0;
    while (generation.find()) {
      used += 1024 * Long.parseLong(generation.group(1));
    }
    return used;
  }

  /** Returns whether the process runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Returns the id of the process. */
  public long pid() {
    return process.pid();
  }

  /** Asks the process to end, as SIGTERM does. */
  public void terminate() {
    process.toHandle().destroy();
  }

  /** Sends a signal that Java has no method for, such as STOP. */
  public void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
    try {
      if (kill.waitFor() != 0) {
        throw new IOException("kill -" + name + " failed");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Ends the process and waits for its end. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  private static List<String> jvm(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(JAVA_BIN.resolve("java").toString());
    command.addAll(JVM_OPTIONS);
    command.addAll(List.of(arguments));
    return command;
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

  private static long number(Pattern pattern, String text) throws IOException {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IOException("no " + pattern + " in " + text);
    }
    return Long.parseLong(matcher.group(1));
  }
}
