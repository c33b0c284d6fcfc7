package io.linkspan.bench.row;

import io.linkspan.bench.ServerProcess;
import io.linkspan.bench.board.Figure;
import io.linkspan.bench.board.Limit;
import io.linkspan.bench.board.RowReport;
import io.linkspan.bench.board.Size;
import io.linkspan.bench.board.TestSummary;
import io.linkspan.bench.peer.Servers;
import io.linkspan.testing.NodeScript;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The suites of docs/conformance.md, which Maven runs: the cases of Engine.IO and Socket.IO, also
 * against Socket.IO's own server, the strings of protobuf's JSON, the C library of ENet on clean
 * and bad links, and Autobahn, which also runs against Vert.x's own WebSocket. The official suites
 * of Engine.IO and Socket.IO run from a folder that the user names, against both servers.
 */
public final class ConformanceRow implements Row {

  /** A part of the row that runs a class of the tests. */
  private record Part(String name, String tests) {}

  /** Starts a server for an official suite. */
  private interface SuiteServer {
    ServerProcess start(String generations) throws IOException, InterruptedException;
  }

  private static final List<Part> PARTS =
      List.of(
          new Part("Engine.IO", "EveryCaseOfTheEngineIoSuitesHoldsTest"),
          new Part("Socket.IO", "EveryCaseOfTheSocketIoSuitesHoldsTest"),
          new Part("JSON of protobuf", "JsonIsReadAsProtobufDefinesItTest"),
          new Part("C library of ENet", "EnetCoreIT"));

  /** The first parts, whose cases Socket.IO's own server can run. */
  private static final int PEER_PARTS = 2;

  private static final int QUICK_PARTS = 3;
  private static final String AUTOBAHN = "Autobahn";
  private static final String GATEWAY_SERVER = "io.linkspan.testing.WebSocketEchoServer";
  private static final String VERTX_SERVER = "io.linkspan.bench.peer.VertxEchoServer";
  private static final String SUITE = "test-suite.js";

  /** The port that the official suites expect. */
  private static final int SUITE_PORT = 3_000;

  @Override
  public String name() {
    return "conformance";
  }

  @Override
  public List<String> peers() {
    return List.of(Servers.SOCKET_IO, Servers.RAW_VERTX);
  }

  private static List<Part> parts(Size size) {
    return PARTS.subList(0, size.either(PARTS.size(), QUICK_PARTS));
  }

  private static Figure failed(String part) {
    return Figure.count(part + ": failed");
  }

  private static Figure passed(String part) {
    return new Figure(part + ": passed", "", Figure.Nature.COUNT, false, 0, 0);
  }

  @Override
  public List<Limit> limits(Size size) {
    List<Limit> limits = new ArrayList<>();
    for (Part part : parts(size)) {
      limits.add(Limit.none(failed(part.name()).name(), Servers.LINKSPAN));
    }
    if (!size.quick()) {
      limits.add(Limit.none(failed(AUTOBAHN).name(), Servers.LINKSPAN));
    }
    return limits;
  }

  @Override
  public int maxSeconds(Run run) {
    return run.size().either(600, 150);
  }

  @Override
  public void measure(Run run, RowReport report) throws IOException, InterruptedException {
    Parts.run("suites", report, () -> suites(Servers.LINKSPAN, parts(run.size()), report));
    Parts.run(
        "suites of the peer",
        report,
        () ->
            suites(
                Servers.SOCKET_IO,
                PARTS.subList(0, PEER_PARTS),
                report,
                "-Dconformance.server=node"));
    if (run.size().quick()) {
      report.note("Autobahn and the C library of ENet are left out of a quick run");
    } else {
      Parts.run(AUTOBAHN, report, () -> autobahn(Servers.LINKSPAN, GATEWAY_SERVER, report));
      Parts.run(
          AUTOBAHN + " of the peer",
          report,
          () -> autobahn(Servers.RAW_VERTX, VERTX_SERVER, report));
    }
    if (run.suites() == null) {
      report.note("the official suites were skipped: --suites names no folder");
    } else {
      Parts.run("official suites", report, () -> official(run.suites(), report));
    }
  }

  private static void suites(
      String server, List<Part> parts, RowReport report, String... properties)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(properties));
    arguments.add("-Dtest=" + parts.stream().map(Part::tests).collect(Collectors.joining(",")));
    arguments.add("surefire:test");
    Result tested = maven(arguments.toArray(String[]::new));
    for (Part part : parts) {
      add(part.name(), server, TestSummary.ofMaven(tested.output(), part.tests()), report);
      List<String> failures = TestSummary.mavenFailures(tested.output(), part.tests());
      if (!failures.isEmpty()) {
        report.note("%s, %s fails: %s".formatted(part.name(), server, String.join(", ", failures)));
      }
    }
  }

  private static void autobahn(String name, String server, RowReport report)
      throws IOException, InterruptedException {
    Result tested =
        maven(
            "-Pautobahn", "-Dautobahn.server=" + server, "autobahntestsuite:fuzzingclient@rfc6455");
    TestSummary summary = TestSummary.ofAutobahn(tested.output());
    if (summary.failed() == 0 && tested.code() != 0) {
      throw new IOException("the Autobahn suite of " + name + " did not end: " + tested.output());
    }
    add(AUTOBAHN, name, summary, report);
  }

  private static void add(String part, String name, TestSummary summary, RowReport report) {
    report.add(passed(part), name, summary.passed()).add(failed(part), name, summary.failed());
    if (summary.skipped() > 0) {
      report.note("%s, %s: %d cases were skipped".formatted(part, name, summary.skipped()));
    }
  }

  private record Result(int code, String output) {}

  private static Result maven(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("mvn", "-B", "-ntp"));
    command.addAll(List.of(arguments));
    return run(new ProcessBuilder(command));
  }

  private static Result run(ProcessBuilder builder) throws IOException, InterruptedException {
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  /** Runs each suite in a folder of the named one, with the packages that are installed there. */
  private static void official(Path folder, RowReport report)
      throws IOException, InterruptedException {
    List<Path> suites;
    try (Stream<Path> entries = Files.list(folder)) {
      suites = entries.filter(entry -> Files.exists(entry.resolve(SUITE))).sorted().toList();
    }
    if (suites.isEmpty()) {
      report.note("the official suites were skipped: no folder in --suites has a " + SUITE);
    }
    for (Path suite : suites) {
      official(suite, Servers.LINKSPAN, ConformanceRow::gateway, report);
      official(suite, Servers.SOCKET_IO, ConformanceRow::node, report);
    }
  }

  /** Those of the current generation need a server without the older ones. */
  private static void official(Path suite, String name, SuiteServer starter, RowReport report)
      throws InterruptedException {
    String part = suite.getFileName().toString();
    Parts.run(
        part + " of " + name,
        report,
        () -> {
          try (var server = starter.start(part.startsWith("v3") ? "3,4" : "4")) {
            // The suites expect the server at this port.
            server.port("http");
            Result result =
                run(
                    new ProcessBuilder("node", "node_modules/.bin/mocha", SUITE)
                        .directory(suite.toFile()));
            add(part, name, TestSummary.ofMocha(result.output()), report);
          }
        });
  }

  private static ServerProcess gateway(String generations) throws IOException {
    return ServerProcess.java(
        System.getProperty("java.class.path"),
        "io.linkspan.testing.ConformanceServer",
        SUITE_PORT,
        generations);
  }

  private static ServerProcess node(String generations) throws IOException, InterruptedException {
    ProcessBuilder builder = NodeScript.command("node-socketio", "suite-server.mjs");
    builder.command().addAll(List.of(Integer.toString(SUITE_PORT), generations));
    return ServerProcess.start(builder);
  }
}
