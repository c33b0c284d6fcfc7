package io.linkspan.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Classifies the addresses at which listeners can be configured to listen. */
public final class Hosts {

  private Hosts() {}

  /**
   * Returns whether only this machine can reach a listener at the host. A name that cannot be
   * resolved is not a loopback address; listening there fails later.
   */
  public static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
