package io.linkspan.auth;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the keys of an issuer, once per call. */
interface KeySource {

  /** The document of OpenID Connect Discovery 1.0, section 4, below the issuer. */
  String DISCOVERY = "/.well-known/openid-configuration";

  /** Bytes of a file with keys. */
  long MAX_FILE = 1 << 20;

  /** Returns the text of a JSON Web Key Set. */
  Future<String> read();

  /** Returns the source that the configuration names. */
  static KeySource of(Vertx vertx, JwtConfig config) {
    if (!config.jwks().isEmpty() && !config.isRemote()) {
      return () -> vertx.executeBlocking(() -> readFile(Path.of(config.jwks())));
    }
    var document = new Document(vertx, config.timeout(), config.trust());
    return config.jwks().isEmpty()
        ? () -> discover(document, config.issuer())
        : () -> document.read(config.jwks());
  }

  private static String readFile(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new IOException(file + " has more than " + MAX_FILE + " bytes");
    }
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  private static Future<String> discover(Document document, String issuer) {
    String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
    return document
        .read(base + DISCOVERY)
        .compose(
            text -> {
              JsonObject metadata = StrictJson.read(text);
              // Section 4.3: else another issuer could stand in for this one.
              if (!issuer.equals(metadata.getValue("issuer"))) {
                return Future.failedFuture("the document is of another issuer");
              }
              return metadata.getValue("jwks_uri") instanceof String jwks
                      && isAsSafe(URI.create(jwks), URI.create(issuer))
                  ? document.read(jwks)
                  : Future.failedFuture("the document names no keys");
            });
  }

  /** Keys that are read without TLS could be anybody's. */
  private static boolean isAsSafe(URI jwks, URI issuer) {
    return "https".equalsIgnoreCase(jwks.getScheme())
        || ("http".equalsIgnoreCase(jwks.getScheme())
            && "http".equalsIgnoreCase(issuer.getScheme()));
  }
}
