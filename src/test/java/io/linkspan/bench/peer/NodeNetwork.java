package io.linkspan.bench.peer;

import io.linkspan.testing.NetworkNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * Gives each node of a cluster a network of its own, whose links to the other nodes can be cut.
 * Clients reach each node over another link, which stays. Needs root and Linux.
 */
public final class NodeNetwork implements AutoCloseable {

  private final String net = "10." + (64 + new Random().nextInt(128)) + '.';
  private final List<NetworkNamespace> hosts = new ArrayList<>();
  private final Thread cleaner = new Thread(this::remove, "end of the networks");

  /** Creates the networks, which are removed when the JVM ends too. */
  public NodeNetwork(int nodes) {
    String id = UUID.randomUUID().toString().substring(0, 6);
    Runtime.getRuntime().addShutdownHook(cleaner);
    try {
      for (int i = 0; i < nodes; i++) {
        add(new NetworkNamespace("linkspan-" + id + '-' + i), "ls" + id + i);
      }
    } catch (AssertionError | IllegalStateException e) {
      close();
      throw e;
    }
  }

  private void add(NetworkNamespace host, String device) {
    int place = hosts.size();
    hosts.add(host);
    host.connect("public0", address(place) + "/24", device, net + (place + 1) + ".1/24");
    for (int other = 0; other < place; other++) {
      host.connect(
          cable(other, place), memberAddress(place), hosts.get(other), memberAddress(other));
    }
  }

  /** Returns whether such networks can be created here. */
  public static boolean available() {
    return NetworkNamespace.available();
  }

  /** Returns the command line that runs a command at a place, to which that command is added. */
  List<String> prefix(int place) {
    return hosts.get(place).prefix();
  }

  /** Returns the address of a node for clients. */
  public String address(int place) {
    return net + (place + 1) + ".2";
  }

  /** Returns the address of a node for other nodes. */
  String memberAddress(int place) {
    return net + "0." + (place + 1);
  }

  /** Cuts or restores the links between a node and all others. */
  void connect(int place, boolean up) {
    for (int other = 0; other < hosts.size(); other++) {
      if (other != place) {
        int first = Math.min(place, other);
        hosts.get(first).setUp(cable(first, Math.max(place, other)), up);
      }
    }
  }

  private static String cable(int first, int second) {
    return "cable" + first + second;
  }

  /** Removes the networks. The processes in them must have ended. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException ending) {
      // The hook removes them.
      return;
    }
    remove();
  }

  private void remove() {
    hosts.forEach(NetworkNamespace::close);
    hosts.clear();
  }
}
