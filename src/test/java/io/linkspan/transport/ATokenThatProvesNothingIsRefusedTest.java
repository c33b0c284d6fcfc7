package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sends every kind of bad token on every transport. */
class ATokenThatProvesNothingIsRefusedTest {

  private static final int UNAUTHENTICATED = 4401;
  private static final KeyPair KEYS = TestTokens.keys("RS256");

  private static TestGateway shared;
  private static TestGateway publicKey;

  @BeforeAll
  static void start() {
    shared = TestGateway.start(TestTokens.settings());
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("auth.jwt.algorithm", "RS256");
    settings.put("auth.jwt.key", TestTokens.pem(KEYS));
    publicKey = TestGateway.start(settings);
  }

  @AfterAll
  static void stop() {
    shared.close();
    publicKey.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns tokens that a gateway with the shared secret refuses, by what is wrong with each. */
  private static Map<String, String> bad() {
    JsonObject good = TestTokens.claims("alice", 600);
    JsonObject header = TestTokens.header("HS256");
    String valid = TestTokens.of("alice", 600);
    byte[] secret = bytes(TestTokens.SECRET);
    long now = good.getLong("iat");
    Map<String, String> bad = new LinkedHashMap<>();
    bad.put("empty", "");
    bad.put("no token", "alice");
    bad.put("alg none", TestTokens.signedPart(TestTokens.header("none"), good.encode()) + ".");
    bad.put(
        "alg none, any case",
        TestTokens.hmac(header.copy().put("alg", "nOnE"), good.encode(), secret));
    bad.put("other algorithm", TestTokens.hmac(TestTokens.header("HS384"), good.encode(), secret));
    bad.put("no algorithm", TestTokens.signedPart(new JsonObject(), good.encode()) + ".AAAA");
    bad.put(
        "other key",
        TestTokens.hmac(header, good.encode(), bytes("another secret, also of enough bytes")));
    bad.put("no signature", valid.substring(0, valid.lastIndexOf('.') + 1));
    bad.put("truncated", valid.substring(0, valid.length() - 3));
    bad.put("payload of another", swapped(valid, TestTokens.of("root", 600)));
    bad.put("expired", TestTokens.of("alice", -60));
    bad.put("not valid yet", TestTokens.signed(good.copy().put("nbf", now + 300)));
    bad.put("issued later", TestTokens.signed(good.copy().put("iat", now + 300)));
    bad.put("other issuer", TestTokens.signed(good.copy().put("iss", "https://other.example")));
    bad.put("no issuer", TestTokens.signed(without(good, "iss")));
    bad.put(
        "other audience", TestTokens.signed(good.copy().put("aud", new JsonArray().add("other"))));
    bad.put("no subject", TestTokens.signed(without(good, "sub")));
    bad.put("subject is a number", TestTokens.signed(good.copy().put("sub", 7)));
    bad.put("reserved subject", TestTokens.signed(good.copy().put("sub", "service:orders")));
    bad.put("expiry is text", TestTokens.signed(good.copy().put("exp", "tomorrow")));
    bad.put("oversized", TestTokens.signed(good.copy().put("x", "x".repeat(9_000))));
    bad.put(
        "critical extension",
        TestTokens.hmac(
            header.copy().put("crit", new JsonArray().add("b64")), good.encode(), secret));
    bad.put(
        "repeated claim",
        TestTokens.hmac(header, "{\"sub\":\"root\"," + good.encode().substring(1), secret));
    bad.put("nested deeply", TestTokens.hmac(header, nested(good), secret));
    bad.put("payload is a list", TestTokens.hmac(header, "[" + good.encode() + "]", secret));
    bad.put("something behind the claims", TestTokens.hmac(header, good.encode() + "{}", secret));
    bad.put("four parts", valid + ".AAAA");
    return bad;
  }

  private static JsonObject without(JsonObject claims, String name) {
    JsonObject rest = claims.copy();
    rest.remove(name);
    return rest;
  }

  private static String nested(JsonObject claims) {
    return claims.encode().replaceFirst("\\{", "{\"x\":" + "[".repeat(100) + "]".repeat(100) + ",");
  }

  private static String swapped(String one, String other) {
    String[] parts = one.split("\\.", -1);
    return parts[0] + "." + other.split("\\.", -1)[1] + "." + parts[2];
  }

  @ParameterizedTest
  @EnumSource
  void everyBadTokenIsRefused(TokenTransport transport) throws Exception {
    for (Map.Entry<String, String> bad : bad().entrySet()) {
      assertThat(transport.refusal(shared, bad.getValue()))
          .as(bad.getKey())
          .isEqualTo(UNAUTHENTICATED);
    }
    transport.connect(shared, TestTokens.of("alice", 600)).close();
  }

  @ParameterizedTest
  @EnumSource
  void publicKeyIsNotASharedSecret(TokenTransport transport) throws Exception {
    String claims = TestTokens.claims("alice", 600).encode();
    String forged =
        TestTokens.hmac(TestTokens.header("HS256"), claims, bytes(TestTokens.pem(KEYS)));
    String alsoForged =
        TestTokens.hmac(TestTokens.header("RS256"), claims, bytes(TestTokens.pem(KEYS)));
    assertThat(transport.refusal(publicKey, forged)).isEqualTo(UNAUTHENTICATED);
    assertThat(transport.refusal(publicKey, alsoForged)).isEqualTo(UNAUTHENTICATED);
    String genuine = TestTokens.signed(TestTokens.header("RS256"), claims, KEYS);
    transport.connect(publicKey, genuine).close();
  }
}
