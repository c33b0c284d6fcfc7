package io.linkspan;

import io.linkspan.ops.ManagementConfig;
import io.vertx.core.json.JsonObject;

/** The command that lets a running node reload its configuration. */
final class ReloadCommand {

  private static final int FAILED = 1;

  private ReloadCommand() {}

  /**
   * Reloads, and prints which keys have changed.
   *
   * @param management of the node that is called
   * @param url of its management port; null for the configured one
   * @return the exit code
   */
  static int run(ManagementConfig management, String url) {
    JsonObject answer = new ManagementClient(management, url).send("POST", "/v1/reload", null);
    if (answer == null) {
      return FAILED;
    }
    System.out.println(answer.encode());
    return 0;
  }
}
