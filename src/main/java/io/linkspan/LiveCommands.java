package io.linkspan;

import io.linkspan.ops.ManagementConfig;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * The commands that watch and move the clients of a running cluster, through the management port of
 * one node. Each returns the exit code.
 */
final class LiveCommands {

  private static final int FAILED = 1;

  /** The frames that are traced. */
  static final class Traced {
    @Option(names = "--user", paramLabel = "NAME", description = "all sessions of a user")
    private String user;

    @Option(names = "--session", paramLabel = "ID", description = "one session")
    private String session;

    @Option(names = "--event-id", paramLabel = "ID", description = "one message, of any client")
    private String eventId;

    private String query() {
      return user != null
          ? "user=" + encoded(user)
          : session != null ? "session=" + encoded(session) : "eventId=" + encoded(eventId);
    }

    private static String encoded(String value) {
      return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
  }

  /** The options of a rebalance, for anything but its beginning. */
  static final class Rebalance {
    @Option(names = "--status", required = true, description = "print how far it is")
    private boolean status;

    @Option(names = "--abort", required = true, description = "end the one that is running")
    private boolean abort;

    /** Returns the HTTP method; a rebalance begins when nothing is chosen. */
    static String methodOf(Rebalance chosen) {
      return chosen == null ? "POST" : chosen.abort && !chosen.status ? "DELETE" : "GET";
    }
  }

  private final ManagementClient node;

  /**
   * @param management of the node that is called
   * @param url of its management port; null for the configured one
   */
  LiveCommands(ManagementConfig management, String url) {
    node = new ManagementClient(management, url);
  }

  /** Begins, aborts or describes a rebalance, and prints its state. */
  int rebalance(String method) {
    JsonObject status = node.send(method, "/v1/rebalance", null);
    if (status == null) {
      return FAILED;
    }
    System.out.println(status.encodePrettily());
    return 0;
  }

  /** Prints frames until the node ends the trace. */
  int trace(Traced traced, boolean jsonl) {
    boolean done =
        node.stream(
            "/v1/trace?format=jsonl&" + traced.query(),
            line -> System.out.println(jsonl ? line : textOf(new JsonObject(line))));
    return done ? 0 : FAILED;
  }

  /** Returns the fields of an event that are set, without the payload. */
  static String textOf(JsonObject event) {
    String names =
        Stream.of("time", "node", "transport", "user", "direction", "kind", "type")
            .map(event::getValue)
            .filter(Objects::nonNull)
            .map(Object::toString)
            .collect(Collectors.joining(" "));
    String others =
        Stream.of("eventId", "from", "to", "size", "reason", "code", "nodes", "silent", "lost")
            .filter(event::containsKey)
            .map(name -> ' ' + name + '=' + event.getValue(name))
            .collect(Collectors.joining());
    return names + others;
  }
}
