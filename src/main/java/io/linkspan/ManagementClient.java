package io.linkspan;

import io.linkspan.ops.ManagementConfig;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
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

/** Calls the management port of a running node, and prints why a call fails. */
final class ManagementClient {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final String url;
  private final String key;

  /**
   * @param management of the node that is called
   * @param url of its management port; null for the configured one
   */
  ManagementClient(ManagementConfig management, String url) {
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

  /**
   * Returns the answer, empty without a body; null when the call failed, which has been printed.
   *
   * @param body JSON, or null
   */
  JsonObject send(String method, String path, String body) {
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
      answer.getJsonArray("problems", new JsonArray()).forEach(System.err::println);
    } catch (IOException | IllegalArgumentException | DecodeException e) {
      System.err.println(url + " does not answer: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }
}
