package io.linkspan;

import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.ops.ManagementConfig;
import io.linkspan.revocation.RevocationRules;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/**
 * The commands that revoke and block: they call the management port of a running node, which passes
 * the change on to all nodes. Each returns the exit code.
 */
final class RevocationCommands {

  private static final int FAILED = 1;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final String PATH = "/v1/revocations";
  private static final int PAGE = 1_000;

  private final String url;
  private final String key;

  /**
   * @param management of the node that is called
   * @param url of its management port; null for the configured one
   */
  RevocationCommands(ManagementConfig management, String url) {
    this.url = url == null ? urlOf(management) : url;
    key = management.apiKey();
  }

  private static String urlOf(ManagementConfig management) {
    String host = management.host();
    try {
      if (InetAddress.getByName(host).isAnyLocalAddress()) {
        host = "127.0.0.1";
      }
    } catch (IOException e) {
      // The call says that the host is not known.
    }
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + management.port();
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
      JsonObject page = send("GET", PATH + "?limit=" + PAGE + next, null);
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
    JsonObject answer = send(method, path, body);
    if (answer == null) {
      return FAILED;
    }
    System.out.println(answer.isEmpty() ? "removed" : answer.encode());
    return 0;
  }

  /**
   * Returns the answer, empty without a body; null when the call failed, which has been printed.
   */
  private JsonObject send(String method, String path, String body) {
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(url + path))
              .timeout(TIMEOUT)
              .header("Content-Type", "application/json")
              .method(
                  method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
      if (!key.isEmpty()) {
        request.header("Authorization", "Bearer " + key);
      }
      HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
      HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
      JsonObject answer =
          response.body().isEmpty() ? new JsonObject() : new JsonObject(response.body());
      if (response.statusCode() < 300) {
        return answer;
      }
      System.err.println(
          "refused: " + answer.getString("message", "HTTP status " + response.statusCode()));
    } catch (IOException | IllegalArgumentException | DecodeException e) {
      System.err.println(url + " does not answer: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }
}
