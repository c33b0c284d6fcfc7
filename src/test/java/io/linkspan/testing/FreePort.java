package io.linkspan.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * Finds TCP ports for programs that need to know their port before they listen. Shared by all
 * threads.
 */
public final class FreePort {

  // Below the ports that the system gives to clients: one of those could be taken at any moment.
  private static final int FIRST = 10_000;
  private static final int COUNT = 20_000;

  private static final Set<Integer> GIVEN = new HashSet<>();
  private static final Random RANDOM = new Random();

  private FreePort() {}

  /** Returns a port of the loopback address that is free and that nobody else was given. */
  public static int of() {
    return of(RANDOM);
  }

  /** Returns such a port, drawn from this source. */
  public static synchronized int of(Random random) {
    while (true) {
      int port = FIRST + random.nextInt(COUNT);
      if (isFree(port) && GIVEN.add(port)) {
        return port;
      }
    }
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException taken) {
      return false;
    }
  }
}
