package io.linkspan.transport.socketio;

import io.linkspan.transport.engineio.Secrets;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Makes the ids of Socket.IO clients in their namespaces. */
final class SocketIds {

  private static final int LENGTH = 20;

  private SocketIds() {}

  /** Returns an id for a session that cannot be recovered. */
  static String random() {
    return Secrets.next();
  }

  /** Returns the id in a namespace of a session that can be recovered. It is the same each time. */
  static String of(String namespace, String pid) {
    byte[] digest;
    try {
      digest =
          MessageDigest.getInstance("SHA-256")
              .digest((pid + namespace).getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(digest).substring(0, LENGTH);
  }
}
