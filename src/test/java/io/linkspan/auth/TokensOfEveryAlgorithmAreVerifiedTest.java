package io.linkspan.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.AnonymousUsers;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.Identity;
import io.linkspan.testing.TestTokens;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class TokensOfEveryAlgorithmAreVerifiedTest {

  private static JwtConfig config(Algorithm algorithm, String key) {
    return new JwtConfig(
        algorithm,
        key,
        "",
        "https://issuer.example",
        List.of("linkspan"),
        "sub",
        Duration.ofSeconds(5),
        false,
        8_192,
        Duration.ofMinutes(10),
        Duration.ofSeconds(30),
        Duration.ofHours(1),
        Duration.ofSeconds(5),
        "");
  }

  private static Future<Identity> identify(JwtConfig config, String token) {
    return new JwtIdentities(null, config, new AnonymousUsers(false))
        .identify(new Credentials(null, token, null, null, false, Credentials.Source.UNKNOWN));
  }

  @ParameterizedTest
  @EnumSource(names = "HS.*", mode = Mode.MATCH_ALL)
  void sharedKeyVerifies(Algorithm algorithm) {
    String token =
        TestTokens.hmac(
            TestTokens.header(algorithm.label()),
            TestTokens.claims("alice", 60).encode(),
            TestTokens.SECRET.getBytes(StandardCharsets.UTF_8));
    JwtConfig config = config(algorithm, TestTokens.SECRET);
    assertThat(identify(config, token).result().user()).isEqualTo("alice");
    assertThat(identify(config, token.substring(0, token.length() - 2) + "AA").cause())
        .hasMessage("the token's signature is wrong");
  }

  @ParameterizedTest
  @EnumSource(names = "HS.*", mode = Mode.MATCH_NONE)
  void publicKeyVerifiesAsPemAndAsJsonWebKey(Algorithm algorithm) {
    KeyPair keys = TestTokens.keys(algorithm.label());
    JsonObject header = TestTokens.header(algorithm.label());
    String token = TestTokens.signed(header, TestTokens.claims("alice", 60).encode(), keys);
    JwtConfig config = config(algorithm, TestTokens.pem(keys));
    assertThat(identify(config, token).result().user()).isEqualTo("alice");

    KeyPair others = TestTokens.keys(algorithm.label());
    String forged = TestTokens.signed(header, TestTokens.claims("alice", 60).encode(), others);
    assertThat(identify(config, forged).cause()).isInstanceOf(ConnectRefusedException.class);

    KeySet set =
        KeySet.read(
            algorithm, TestTokens.jwks(TestTokens.jwk("one", algorithm.label(), keys)).encode());
    String[] parts = token.split("\\.", -1);
    byte[] signed = (parts[0] + "." + parts[1]).getBytes(StandardCharsets.UTF_8);
    byte[] signature = Base64.getUrlDecoder().decode(parts[2]);
    assertThat(set.find("one").get(0).verifies(signed, signature)).isTrue();
    assertThat(set.find("two")).isEmpty();
  }

  @Test
  void identityHasWhatTheTokenStates() {
    JsonObject claims =
        TestTokens.claims("alice", 60)
            .put("jti", "token-1")
            .put("scope", "orders")
            .put("linkspan", new JsonObject().put("join", "room:*"));
    Identity identity =
        identify(config(Algorithm.HS256, TestTokens.SECRET), TestTokens.signed(claims)).result();
    assertThat(identity.tokenId()).isEqualTo("token-1");
    assertThat(identity.issuedAt()).isEqualTo(claims.getLong("iat") * 1_000);
    assertThat(identity.expiresAt()).isEqualTo(claims.getLong("exp") * 1_000 + 5_000);
    assertThat(identity.readClaims()).isEqualTo(claims);
    assertThat(identity.permissions()).isEqualTo("{\"join\":\"room:*\"}");
    assertThat(identity.toString()).doesNotContain("orders");
  }

  @Test
  void clientWithoutATokenIsAnonymousOnlyWherePermitted() {
    JwtConfig config = config(Algorithm.HS256, TestTokens.SECRET);
    var refused = new JwtIdentities(null, config, new AnonymousUsers(false));
    assertThat(refused.identify(new Credentials("alice", null, null)).failed()).isTrue();
    var permitted = new JwtIdentities(null, config, new AnonymousUsers(true));
    assertThat(permitted.identify(new Credentials("alice", null, null)).result().anonymous())
        .isTrue();
  }
}
