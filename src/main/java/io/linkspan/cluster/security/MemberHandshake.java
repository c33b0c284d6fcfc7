package io.linkspan.cluster.security;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;

/**
 * One side of the handshake between two members: an X25519 key agreement that the secret of the
 * cluster authenticates. The member that connects sends the first hello. The other one answers only
 * a hello whose tag is right, so a peer without the secret receives not a single byte. A repeated
 * hello passes this check, but its sender cannot make the first record.
 *
 * <pre>
 *   hello:  4 bytes   "LSK1"
 *          44 bytes   public X25519 key for this connection, in X.509
 *          32 bytes   tag of the first secret over role and key
 *          32 bytes   tag of the second one, or random bytes
 * </pre>
 *
 * <p>Both sides use the first secret of the connecting one that the other one owns too.
 */
final class MemberHandshake {

  static final int MAX_SECRETS = 2;

  private static final byte[] MAGIC = {'L', 'S', 'K', '1'};
  private static final int KEY_LENGTH = 44;
  private static final int TAGS = MAGIC.length + KEY_LENGTH;
  static final int HELLO_LENGTH = TAGS + MAX_SECRETS * ClusterSecrets.LENGTH;

  private static final String CONNECTING = "member that connects";
  private static final String ACCEPTING = "member that accepts";
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Both directions of an authenticated connection. */
  record Sealed(RecordSealer outgoing, RecordOpener incoming) {}

  private final ClusterSecrets secrets;
  private final boolean connecting;
  private KeyPair pair;
  private byte[] hello;

  MemberHandshake(ClusterSecrets secrets, boolean connecting) {
    this.secrets = secrets;
    this.connecting = connecting;
  }

  /** Returns the hello of this side. */
  byte[] hello() {
    if (hello == null) {
      pair = newPair();
      var bytes = new ByteArrayOutputStream(HELLO_LENGTH);
      byte[] key = pair.getPublic().getEncoded();
      bytes.writeBytes(MAGIC);
      bytes.writeBytes(key);
      for (int i = 0; i < MAX_SECRETS; i++) {
        bytes.writeBytes(i < secrets.count() ? secrets.tag(i, role(connecting), key) : randomTag());
      }
      hello = bytes.toByteArray();
    }
    return hello.clone();
  }

  /** Checks the first bytes of a hello, so that a peer of another protocol is not waited for. */
  static void checkStart(ByteBuffer bytes) {
    for (int i = 0; i < Math.min(MAGIC.length, bytes.remaining()); i++) {
      if (bytes.get(bytes.position() + i) != MAGIC[i]) {
        throw new HandshakeException("it does not begin with the handshake of a member");
      }
    }
  }

  /**
   * Reads the hello of the other side.
   *
   * @param other exactly {@link #HELLO_LENGTH} bytes
   * @throws HandshakeException when it does not own a secret of this side
   */
  Sealed accept(byte[] other) {
    checkStart(ByteBuffer.wrap(other));
    byte[] key = Arrays.copyOfRange(other, MAGIC.length, TAGS);
    int secret = sharedSecret(other, key);
    byte[] mine = hello();
    byte[] shared = agree(key);
    byte[] transcript = connecting ? digest(mine, other) : digest(other, mine);
    byte[] outgoing = secrets.sessionKey(secret, shared, transcript, role(connecting));
    byte[] incoming = secrets.sessionKey(secret, shared, transcript, role(!connecting));
    return new Sealed(new RecordSealer(outgoing), new RecordOpener(incoming));
  }

  /** Returns the secret of this side that is the first one of the connecting side to be shared. */
  private int sharedSecret(byte[] other, byte[] key) {
    for (int first = 0; first < MAX_SECRETS; first++) {
      for (int second = 0; second < MAX_SECRETS; second++) {
        int secret = connecting ? first : second;
        int slot = connecting ? second : first;
        if (secret < secrets.count() && isTagged(other, key, secret, slot)) {
          return secret;
        }
      }
    }
    throw new HandshakeException("it does not own cluster.secret");
  }

  private boolean isTagged(byte[] other, byte[] key, int secret, int slot) {
    int start = TAGS + slot * ClusterSecrets.LENGTH;
    return MessageDigest.isEqual(
        Arrays.copyOfRange(other, start, start + ClusterSecrets.LENGTH),
        secrets.tag(secret, role(!connecting), key));
  }

  private byte[] agree(byte[] key) {
    try {
      PublicKey other =
          KeyFactory.getInstance("X25519").generatePublic(new X509EncodedKeySpec(key));
      KeyAgreement agreement = KeyAgreement.getInstance("X25519");
      agreement.init(pair.getPrivate());
      agreement.doPhase(other, true);
      return agreement.generateSecret();
    } catch (GeneralSecurityException e) {
      throw new HandshakeException("its public key cannot be used");
    }
  }

  private static String role(boolean connecting) {
    return connecting ? CONNECTING : ACCEPTING;
  }

  private static byte[] randomTag() {
    byte[] tag = new byte[ClusterSecrets.LENGTH];
    RANDOM.nextBytes(tag);
    return tag;
  }

  private static KeyPair newPair() {
    try {
      return KeyPairGenerator.getInstance("X25519").generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has X25519", e);
    }
  }

  private static byte[] digest(byte[] first, byte[] second) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(first);
      return digest.digest(second);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
