package io.linkspan;

import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.ops.ManagementConfig;
import io.linkspan.revocation.RevocationRules;
import io.vertx.core.json.JsonObject;

/**
 * The commands that revoke and block: they call the management port of a running node, which passes
 * the change on to all nodes. Each returns the exit code.
 */
final class RevocationCommands {

  private static final int FAILED = 1;
  private static final String PATH = "/v1/revocations";
  private static final int PAGE = 1_000;

  private final ManagementClient client;

  /**
   * @param management of the node that is called
   * @param url of its management port; null for the configured one
   */
  RevocationCommands(ManagementConfig management, String url) {
    client = new ManagementClient(management, url);
  }

  /** Adds an entry; fields without a value are null. */
  int add(Kind kind, String value, String duration, String until, String before, String reason) {
    JsonObject entry = new JsonObject().put("kind", kind.label()).put("value", value);
    put(entry, "for", duration);
    put(entry, "until", until);
    put(entry, "issuedBefore", before);
    put(entry, "reason", reason);
    return call("POST", PATH, entry.encode());
  }

  private static void put(JsonObject entry, String field, String value) {
    if (value != null) {
      entry.put(field, value);
    }
  }

  /** Removes the entry of a kind and value. */
  int remove(Kind kind, String value) {
    try {
      return remove(RevocationRules.find(kind, value));
    } catch (MessageException e) {
      System.err.println(e.getMessage());
      return FAILED;
    }
  }

  /** Removes an entry by its id. */
  int remove(String id) {
    return call("DELETE", PATH + "/" + id, null);
  }

  /** Prints all entries, one JSON object a line. */
  int list() {
    String next = "";
    do {
      JsonObject page = client.send("GET", PATH + "?limit=" + PAGE + next, null);
      if (page == null) {
        return FAILED;
      }
      page.getJsonArray("revocations").forEach(System.out::println);
      String cursor = page.getString("next");
      next = cursor == null ? null : "&cursor=" + cursor;
    } while (next != null);
    return 0;
  }

  private int call(String method, String path, String body) {
    JsonObject answer = client.send(method, path, body);
    if (answer == null) {
      return FAILED;
    }
    System.out.println(answer.isEmpty() ? "removed" : answer.encode());
    return 0;
  }
}
