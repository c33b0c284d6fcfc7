package io.linkspan.bench.peer;

import io.linkspan.testing.ClientLog;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The program of a {@link FleetProcess} whose clients are a {@link NativeFleet}. */
public final class FleetProgram {

  private FleetProgram() {}

  /**
   * Holds clients until its input ends.
   *
   * @param arguments the port, the seed, the number of the first user, how many there are, how many
   *     connect per second, whether they acknowledge, and the group if there is one
   */
  public static void main(String[] arguments) throws IOException {
    PrintStream answers = System.out;
    // A line of a log would be taken for an answer.
    System.setOut(System.err);
    var users = new Users(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
    try (var fleet =
        new NativeFleet(
            List.of(Integer.parseInt(arguments[0])),
            Long.parseLong(arguments[1]),
            users,
            Integer.parseInt(arguments[4]),
            arguments.length > 6 ? arguments[6] : null,
            Boolean.parseBoolean(arguments[5]))) {
      answers.println("\"fleet\":1");
      serve(
          fleet,
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
          answers);
    }
  }

  /** Executes the commands of board-fleet.mjs, a line each, until there are no more. */
  static void serve(Fleet fleet, BufferedReader commands, PrintStream answers) throws IOException {
    for (String line; (line = commands.readLine()) != null; ) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "count" -> answers.println("connected " + fleet.connected());
        case "cut" -> fleet.startCutting(Long.parseLong(words[1]), Long.parseLong(words[2]));
        case "calm" -> fleet.stopCutting();
        case "log" -> {
          for (ClientLog log : fleet.logs()) {
            answers.println(ClientLogJson.encode(log));
          }
          answers.println("end");
        }
        default -> throw new IOException("unknown command: " + line);
      }
    }
  }
}
