package io.linkspan.testing;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs tokens with the means of the JDK, valid ones and others. */
public final class TestTokens {

  /** A shared secret that is long enough for every algorithm. */
  public static final String SECRET =
      "a secret of more than sixty-four bytes, as HS512 asks for it from its users";

  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private TestTokens() {}

  /** Returns the settings of a gateway that verifies {@link #of}. */
  public static Map<String, String> settings() {
    return new TreeMap<>(
        Map.of(
            "auth.mode", "jwt",
            "auth.jwt.key", SECRET,
            "tcp.enabled", "true",
            "auth.jwt.issuer", "https://issuer.example",
            "auth.jwt.audience", "linkspan",
            "auth.jwt.leeway", "0s"));
  }

  /** Returns the same settings as variables of the environment. */
  public static Map<String, String> environment() {
    return settings().entrySet().stream()
        .collect(
            Collectors.toMap(
                setting ->
                    "LINKSPAN_" + setting.getKey().toUpperCase(Locale.ROOT).replace('.', '_'),
                Map.Entry::getValue));
  }

  /** Returns claims of a user that are valid for some time. */
  public static JsonObject claims(String user, long seconds) {
    long now = TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
    return new JsonObject()
        .put("iss", "https://issuer.example")
        .put("aud", "linkspan")
        .put("sub", user)
        .put("iat", now)
        .put("exp", now + seconds);
  }

  /** Returns a valid token of a user. */
  public static String of(String user, long seconds) {
    return signed(claims(user, seconds));
  }

  /** Returns a token with these claims, signed with the shared secret. */
  public static String signed(JsonObject claims) {
    return hmac(header("HS256"), claims.encode(), SECRET.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns a header without further members. */
  public static JsonObject header(String algorithm) {
    return new JsonObject().put("alg", algorithm).put("typ", "JWT");
  }

  /** Returns a token that is signed with HMAC and SHA of the size that its header names. */
  public static String hmac(JsonObject header, String payload, byte[] key) {
    String alg = header.getString("alg");
    String name = alg.startsWith("HS") ? "HmacSHA" + alg.substring(2) : "HmacSHA256";
    try {
      Mac mac = Mac.getInstance(name);
      mac.init(new SecretKeySpec(key, name));
      String signed = signedPart(header, payload);
      return signed + "." + encode(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns a pair of keys for an algorithm with public keys. */
  public static KeyPair keys(String algorithm) {
    try {
      KeyPairGenerator generator;
      if (algorithm.equals("EdDSA")) {
        generator = KeyPairGenerator.getInstance("Ed25519");
      } else if (algorithm.startsWith("ES")) {
        generator = KeyPairGenerator.getInstance("EC");
        int size = Integer.parseInt(algorithm.substring(2));
        generator.initialize(new ECGenParameterSpec("secp" + (size == 512 ? 521 : size) + "r1"));
      } else {
        generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns a token that is signed with a private key. */
  public static String signed(JsonObject header, String payload, KeyPair keys) {
    try {
      Signature signature = signature(header.getString("alg"));
      signature.initSign(keys.getPrivate());
      String signed = signedPart(header, payload);
      signature.update(signed.getBytes(StandardCharsets.UTF_8));
      return signed + "." + encode(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Signature signature(String algorithm) throws GeneralSecurityException {
    if (algorithm.equals("EdDSA")) {
      return Signature.getInstance("Ed25519");
    }
    String size = algorithm.substring(2);
    if (algorithm.startsWith("ES")) {
      return Signature.getInstance("SHA" + size + "withECDSAinP1363Format");
    }
    if (algorithm.startsWith("RS")) {
      return Signature.getInstance("SHA" + size + "withRSA");
    }
    Signature signature = Signature.getInstance("RSASSA-PSS");
    var hash = new MGF1ParameterSpec("SHA-" + size);
    signature.setParameter(
        new PSSParameterSpec("SHA-" + size, "MGF1", hash, Integer.parseInt(size) / Byte.SIZE, 1));
    return signature;
  }

  /** Returns everything of a token but its signature. */
  public static String signedPart(JsonObject header, String payload) {
    return encode(header.encode().getBytes(StandardCharsets.UTF_8))
        + "."
        + encode(payload.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns a public key as PEM. */
  public static String pem(KeyPair keys) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(keys.getPublic().getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }

  /** Returns a set of public keys. */
  public static JsonObject jwks(JsonObject... keys) {
    return new JsonObject().put("keys", new JsonArray(Arrays.asList(keys)));
  }

  /** Returns a public key as a JSON Web Key. */
  public static JsonObject jwk(String id, String algorithm, KeyPair keys) {
    JsonObject jwk = new JsonObject().put("kid", id).put("use", "sig").put("alg", algorithm);
    if (keys.getPublic() instanceof RSAPublicKey rsa) {
      return jwk.put("kty", "RSA")
          .put("n", encode(unsigned(rsa.getModulus(), 0)))
          .put("e", encode(unsigned(rsa.getPublicExponent(), 0)));
    }
    if (keys.getPublic() instanceof ECPublicKey ec) {
      int bits = ec.getParams().getOrder().bitLength();
      int length = (bits + 7) / 8;
      return jwk.put("kty", "EC")
          .put("crv", "P-" + bits)
          .put("x", encode(unsigned(ec.getW().getAffineX(), length)))
          .put("y", encode(unsigned(ec.getW().getAffineY(), length)));
    }
    byte[] encoded = ((EdECPublicKey) keys.getPublic()).getEncoded();
    return jwk.put("kty", "OKP")
        .put("crv", "Ed25519")
        .put("x", encode(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)));
  }

  private static byte[] unsigned(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    int start = bytes[0] == 0 ? 1 : 0;
    byte[] result = new byte[Math.max(length, bytes.length - start)];
    System.arraycopy(
        bytes, start, result, result.length - bytes.length + start, bytes.length - start);
    return result;
  }

  private static String encode(byte[] bytes) {
    return BASE64URL.encodeToString(bytes);
  }
}
