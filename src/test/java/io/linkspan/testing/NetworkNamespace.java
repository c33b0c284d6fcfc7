package io.linkspan.testing;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A host of its own on this machine, with network links that a test can cut. Needs root and Linux.
 */
public final class NetworkNamespace implements AutoCloseable {

  private final String name;

  /** Makes one with nothing but a loopback device. */
  public NetworkNamespace(String name) {
    this.name = name;
    ip("netns", "add", name);
    run("ip", "link", "set", "lo", "up");
  }

  /** Whether namespaces can be made here; where tests must not be skipped, they have to be. */
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

  /** What a command has to begin with, to run there. */
  public List<String> prefix() {
    return List.of("ip", "netns", "exec", name);
  }

  /**
   * Lays a cable from here to another host.
   *
   * @param device name of this end
   * @param address of this end, with the length of the network's prefix
   * @param other null for the machine itself
   */
  public void connect(
      String device,
      String address,
      NetworkNamespace other,
      String otherDevice,
      String otherAddress) {
    ip("link", "add", device, "netns", name, "type", "veth", "peer", "name", otherDevice);
    run("ip", "addr", "add", address, "dev", device);
    run("ip", "link", "set", device, "up");
    if (other == null) {
      ip("addr", "add", otherAddress, "dev", otherDevice);
      ip("link", "set", otherDevice, "up");
    } else {
      ip("link", "set", otherDevice, "netns", other.name);
      other.run("ip", "addr", "add", otherAddress, "dev", otherDevice);
      other.run("ip", "link", "set", otherDevice, "up");
    }
  }

  /** Pulls the cable, or plugs it in again. */
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

  /** Takes it away with all its links; what runs there has to have ended. */
  @Override
  public void close() {
    ip("netns", "del", name);
  }
}
