package io.linkspan.ops;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Serves the description of the HTTP API, an OpenAPI 3.1 document. */
final class ApiDocument {

  private static final String SOURCE = "/openapi.yaml";

  private ApiDocument() {}

  static void addTo(Router router) {
    String json = read();
    router
        .get("/openapi.json")
        .handler(
            request ->
                request
                    .response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                    .end(json));
  }

  /** Returns the document as JSON. */
  private static String read() {
    try (InputStream source = ApiDocument.class.getResourceAsStream(SOURCE)) {
      return new JsonMapper().writeValueAsString(new YAMLMapper().readTree(source));
    } catch (IOException e) {
      throw new UncheckedIOException("the document is part of the jar", e);
    }
  }
}
