package io.linkspan;

import io.linkspan.ops.ManagementConfig;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Calls the management port of a running node, and prints why a call fails. */
final class ManagementClient {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final HttpClient CLIENT = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

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
          request(path)
              .header("Content-Type", "application/json")
              .method(
                  method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
      HttpResponse<String> response = CLIENT.send(request.build(), BodyHandlers.ofString());
      JsonObject answer =
          response.body().isEmpty() ? new JsonObject() : new JsonObject(response.body());
      if (response.statusCode() < 300) {
        return answer;
      }
      refused(response.statusCode(), answer);
    } catch (IOException | IllegalArgumentException | DecodeException e) {
      System.err.println(url + " does not answer: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }

  /**
   * Reads an answer that does not end by itself, line by line.
   *
   * @return false when the call failed, which has been printed
   */
  boolean stream(String path, Consumer<String> line) {
    try {
      HttpResponse<Stream<String>> response =
          CLIENT.send(request(path).build(), BodyHandlers.ofLines());
      try (Stream<String> lines = response.body()) {
        if (response.statusCode() < 300) {
          lines.forEach(line);
          return true;
        }
        refused(response.statusCode(), new JsonObject(lines.collect(Collectors.joining())));
      }
    } catch (IOException | UncheckedIOException | IllegalArgumentException | DecodeException e) {
      System.err.println(url + " does not answer: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  /** Returns a request whose answer must begin within the timeout. */
  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path)).timeout(TIMEOUT);
    return key.isEmpty() ? request : request.header("Authorization", "Bearer " + key);
  }

  private static void refused(int status, JsonObject answer) {
    System.err.println("refused: " + answer.getString("message", "HTTP status " + status));
    answer.getJsonArray("problems", new JsonArray()).forEach(System.err::println);
  }
}
