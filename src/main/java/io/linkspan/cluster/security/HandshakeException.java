package io.linkspan.cluster.security;

/** A peer that does not prove that it owns a secret of the cluster, or a record that it forged. */
final class HandshakeException extends RuntimeException {

  private static final long serialVersionUID = 1;

  HandshakeException(String message) {
    super(message, null, false, false);
  }
}
