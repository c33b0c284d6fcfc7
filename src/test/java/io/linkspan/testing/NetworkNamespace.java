package io.linkspan.testing;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

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

  /**
   * Returns the TCP connections with another address as pairs of ports, the lower one first, so
   * that both ends have the same text. One that both ends have closed is not among them.
   */
  public Set<String> connections(String peer) {
    String output = run("ss", "-tanH", "dst", peer);
    return output
        .lines()
        .map(line -> line.trim().split("\\s+"))
        .filter(fields -> fields.length >= 5 && !fields[0].equals("TIME-WAIT"))
        .map(fields -> Stream.of(fields[3], fields[4]).map(NetworkNamespace::port).sorted())
        .map(ports -> ports.map(String::valueOf).collect(joining("-")))
        .collect(toSet());
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private String run(String... command) {
    List<String> all = new ArrayList<>(prefix());
    all.addAll(List.of(command));
    return execute(all);
  }

  private static void ip(String... arguments) {
    List<String> all = new ArrayList<>(List.of("ip"));
    all.addAll(List.of(arguments));
    execute(all);
  }

  private static String execute(List<String> command) {
    try (var process = new ChildProcess(new ProcessBuilder(command))) {
      process.awaitSuccess();
      return process.output();
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
