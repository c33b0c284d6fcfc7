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
   * Lays a cable from here to the machine itself.
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
   * Lays a cable from here to another host, for these two addresses alone. A host can have the same
   * address at all its cables.
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

  /** Sends everything for a network by a cable. */
  public void route(String network, String device) {
    run("ip", "route", "add", network, "dev", device);
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
