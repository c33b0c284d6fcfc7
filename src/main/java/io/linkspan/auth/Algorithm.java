package io.linkspan.auth;

/** The algorithms of RFC 7518, section 3.1, and RFC 8037 with which tokens are signed. */
public enum Algorithm {
  HS256("oct", 32, 0),
  HS384("oct", 48, 0),
  HS512("oct", 64, 0),
  RS256("RSA", 256, 0),
  RS384("RSA", 256, 0),
  RS512("RSA", 256, 0),
  PS256("RSA", 256, 0),
  PS384("RSA", 256, 0),
  PS512("RSA", 256, 0),
  ES256("EC", 0, 64),
  ES384("EC", 0, 96),
  ES512("EC", 0, 132),
  EDDSA("OKP", 0, 64);

  private final String keyType;
  private final int keyBytes;
  private final int signatureBytes;

  Algorithm(String keyType, int keyBytes, int signatureBytes) {
    this.keyType = keyType;
    this.keyBytes = keyBytes;
    this.signatureBytes = signatureBytes;
  }

  /** Returns the value of {@code alg}. */
  public String label() {
    return this == EDDSA ? "EdDSA" : name();
  }

  /** Returns the value of {@code kty} of a key. */
  String keyType() {
    return keyType;
  }

  /** Returns the bytes of the shortest key, or of its modulus; 0 where the curve decides. */
  int keyBytes() {
    return keyBytes;
  }

  /** Returns the bytes of each signature; 0 where the key decides. */
  int signatureBytes() {
    return signatureBytes;
  }

  /** Returns whether issuer and gateway share one key. */
  public boolean isShared() {
    return keyType.equals("oct");
  }

  /** Returns the curve of a key; null where there are none, or several. */
  String curve() {
    return switch (this) {
      case ES256 -> "P-256";
      case ES384 -> "P-384";
      case ES512 -> "P-521";
      default -> null;
    };
  }
}
