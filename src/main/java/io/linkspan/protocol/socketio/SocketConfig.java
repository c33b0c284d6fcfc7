package io.linkspan.protocol.socketio;

import java.time.Duration;

/**
 * How Socket.IO sessions behave.
 *
 * @param connectTimeout how long a new client may take to join its first namespace
 * @param maxNamespaces what one client may have joined or asked for at a time
 * @param maxRefusals how many refused joins end the connection
 * @param maxPendingAcks acknowledgements one client may owe at a time
 */
public record SocketConfig(
    Duration connectTimeout, int maxNamespaces, int maxRefusals, int maxPendingAcks) {

  public static final SocketConfig DEFAULT =
      new SocketConfig(Duration.ofSeconds(45), 32, 256, 10_000);

  public SocketConfig {
    if (connectTimeout.toMillis() < 1) {
      throw new IllegalArgumentException("connectTimeout must be at least 1 ms: " + connectTimeout);
    }
    requirePositive("maxNamespaces", maxNamespaces);
    requirePositive("maxRefusals", maxRefusals);
    requirePositive("maxPendingAcks", maxPendingAcks);
  }

  private static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + " must be positive: " + value);
    }
  }
}
