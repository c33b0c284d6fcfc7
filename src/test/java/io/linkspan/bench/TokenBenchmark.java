package io.linkspan.bench;

import com.sun.management.ThreadMXBean;
import io.linkspan.GatewayConfig;
import io.linkspan.admission.ClientCheck;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.IdentityProvider;
import io.linkspan.auth.AuthConfig;
import io.linkspan.auth.Authentication;
import io.linkspan.config.ConfigException;
import io.linkspan.testing.TestTokens;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Measures the processor time of one decision about a client: a name that is believed, and tokens
 * that are signed with each kind of algorithm.
 */
public final class TokenBenchmark {

  private static final int ROUNDS = 9;
  private static final int BATCH = 4_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private TokenBenchmark() {}

  /** Prints a table in Markdown. */
  public static void main(String[] arguments) throws ConfigException {
    Vertx vertx = Vertx.vertx();
    System.out.println("| identity | µs of a processor | bytes allocated |");
    System.out.println("| --- | ---: | ---: |");
    print("a name, `none`", provider(vertx, Map.of()), new Credentials("alice", null, null));
    for (String algorithm : List.of("HS256", "RS256", "PS256", "ES256", "EdDSA")) {
      measure(vertx, algorithm);
    }
    vertx.close();
  }

  private static void measure(Vertx vertx, String algorithm) throws ConfigException {
    String claims = TestTokens.claims("alice", 86_400).encode();
    String key = TestTokens.SECRET;
    String token;
    if (algorithm.startsWith("HS")) {
      byte[] secret = key.getBytes(StandardCharsets.UTF_8);
      token = TestTokens.hmac(TestTokens.header(algorithm), claims, secret);
    } else {
      KeyPair keys = TestTokens.keys(algorithm);
      key = TestTokens.pem(keys);
      token = TestTokens.signed(TestTokens.header(algorithm), claims, keys);
    }
    IdentityProvider provider =
        provider(
            vertx,
            Map.of(
                "LINKSPAN_AUTH_MODE",
                "jwt",
                "LINKSPAN_AUTH_JWT_ALGORITHM",
                algorithm,
                "LINKSPAN_AUTH_JWT_KEY",
                key,
                "LINKSPAN_AUTH_JWT_AUDIENCE",
                "linkspan"));
    print(
        algorithm,
        provider,
        new Credentials(null, token, null, null, false, Credentials.Source.UNKNOWN));
  }

  private static IdentityProvider provider(Vertx vertx, Map<String, String> settings)
      throws ConfigException {
    AuthConfig config = GatewayConfig.load(null, settings).auth();
    var authentication = new Authentication(vertx, config, ClientCheck.NONE);
    authentication.use(authentication.prepare(config).result());
    return authentication;
  }

  private static void print(String name, IdentityProvider provider, Credentials credentials) {
    List<Double> nanos = new ArrayList<>();
    long bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long begun = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < BATCH; i++) {
        if (provider.identify(credentials).failed()) {
          throw new IllegalStateException(provider.identify(credentials).cause());
        }
      }
      nanos.add((double) (THREADS.getCurrentThreadCpuTime() - begun) / BATCH);
      bytes = (THREADS.getCurrentThreadAllocatedBytes() - allocated) / BATCH;
    }
    Collections.sort(nanos);
    System.out.printf("| %s | %.1f | %,d |%n", name, nanos.get(ROUNDS / 2) / 1_000, bytes);
  }
}
