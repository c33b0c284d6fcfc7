package io.linkspan.testing;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs processes in a network namespace, with links that a test can cut. Needs root and Linux. */
public final class NetworkNamespace implements AutoCloseable {

  private final String name;

  /** Creates a namespace with a loopback device only. */
  public NetworkNamespace(String name) {
    this.name = name;
    ip("netns", "add", name);
    run("ip", "link", "set", "lo", "up");
  }

  /**
   * Returns whether namespaces can be created here. On CI it is true, so that the tests fail
   * without them.
   */
  public static boolean available() {
    if ("true".equals(System.getenv("CI"))) {
      return true;
    }
    try {
      return "root".equals(System.getProperty("user.name"))
          && new ProcessBuilder("ip", "netns", "list").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the command line that runs a command there, to which that command is added. */
  public List<String> prefix() {
    return List.of("ip", "netns", "exec", name);
  }

  /**
   * Links the namespace with the machine itself.
   *
   * @param device name of this end
   * @param address of this end, with the length of the network's prefix
   */
  public void connect(String device, String address, String otherDevice, String otherAddress) {
    ip("link", "add", device, "netns", name, "type", "veth", "peer", "name", otherDevice);
    run("ip", "addr", "add", address, "dev", device);
    run("ip", "link", "set", device, "up");
    ip("addr", "add", otherAddress, "dev", otherDevice);
    ip("link", "set", otherDevice, "up");
  }

  /**
   * Links the namespace with another one, for these two addresses alone. A namespace can have the
   * same address on all its links.
   *
   * @param device name of both ends
   */
  public void connect(String device, String address, NetworkNamespace other, String otherAddress) {
    ip("link", "add", device, "netns", name, "type", "veth", "peer", device, "netns", other.name);
    pointToPoint(device, address, otherAddress);
    other.pointToPoint(device, otherAddress, address);
  }

  private void pointToPoint(String device, String address, String peer) {
    run("ip", "addr", "add", address, "peer", peer, "dev", device);
    run("ip", "link", "set", device, "up");
  }

  /** Routes a network over a link. */
  public void route(String network, String device) {
    run("ip", "route", "add", network, "dev", device);
  }

  /** Cuts or restores a link. */
  public void setUp(String device, boolean up) {
    run("ip", "link", "set", device, up ? "up" : "down");
  }

  private void run(String... command) {
    List<String> all = new ArrayList<>(prefix());
    all.addAll(List.of(command));
    execute(all);
  }

  private static void ip(String... arguments) {
    List<String> all = new ArrayList<>(List.of("ip"));
    all.addAll(List.of(arguments));
    execute(all);
  }

  private static void execute(List<String> command) {
    try (var process = new ChildProcess(new ProcessBuilder(command))) {
      process.awaitSuccess();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Removes the namespace and its links. Its processes must have ended. */
  @Override
  public void close() {
    ip("netns", "del", name);
  }
}
