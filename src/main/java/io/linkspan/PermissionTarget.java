package io.linkspan;

import io.linkspan.permission.Action;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The action that {@code linkspan permissions} is asked about: one of its options is set. */
final class PermissionTarget {

  @Option(names = "--to", paramLabel = "RECIPIENT", description = "sends to service:x or user:x")
  private String to;

  @Option(names = "--join", paramLabel = "GROUP", description = "joins a group")
  private String join;

  @Option(names = "--history", paramLabel = "GROUP", description = "receives what it missed")
  private String history;

  @Option(names = "--publish", paramLabel = "GROUP", description = "sends to a group")
  private String publish;

  @Option(names = "--presence", paramLabel = "GROUP", description = "watches the users of a group")
  private String presence;

  @Option(names = "--connect", paramLabel = "NAMESPACE", description = "of Socket.IO")
  private String connect;

  /** Returns the action. */
  Action action() {
    if (to != null) {
      return Action.SEND;
    }
    if (join != null) {
      return Action.JOIN;
    }
    if (history != null) {
      return Action.HISTORY;
    }
    if (publish != null) {
      return Action.PUBLISH;
    }
    return presence != null ? Action.PRESENCE : Action.CONNECT;
  }

  /** Returns the name of the recipient, the group or the namespace. */
  String name() {
    return Stream.of(to, join, history, publish, presence, connect)
        .filter(Objects::nonNull)
        .findFirst()
        .orElseThrow();
  }
}
