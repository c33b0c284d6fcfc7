package io.linkspan.directory;

import java.util.List;
import java.util.stream.IntStream;

/** The nodes that serve clients: alone, this one. Shared by all event loops. */
public interface Nodes {

  /**
   * A node.
   *
   * @param id as in bus addresses and events
   * @param shards how many it has, with indexes from 0
   */
  record Node(String id, int shards) {

    /** Bus address that hands a Message to all of its shards that are concerned. */
    public String address() {
      return addressOf(id);
    }

    /** The same, where no more than the node's id is known. */
    public static String addressOf(String node) {
      return "linkspan.node." + node;
    }

    /** Whether a bus address is this node's, or one of its shards'. */
    public boolean hosts(String address) {
      return address.equals(address()) || ShardAddress.isOn(id, address);
    }

    /** Bus addresses of its shards. */
    public List<String> addresses() {
      return IntStream.range(0, shards).mapToObj(index -> ShardAddress.of(id, index)).toList();
    }
  }

  /** Hears of changes, on any thread. */
  interface Listener {

    void joined(Node node);

    /** The node has left or was lost; its links are gone. */
    void left(Node node);

    /** This node was cut off from the others and has found them again. */
    void merged();
  }

  /** This node. */
  Node self();

  /** All nodes, this one among them, in the same order on each. */
  List<Node> all();

  /** How long a node may be silent before the others go on without it; milliseconds. */
  default long givenUpAfter() {
    return Long.MAX_VALUE;
  }

  /** Tells the listener of every change from now on. */
  void watch(Listener listener);

  /** A node without others. */
  static Nodes alone(Node self) {
    return new Nodes() {
      @Override
      public Node self() {
        return self;
      }

      @Override
      public List<Node> all() {
        return List.of(self);
      }

      @Override
      public void watch(Listener listener) {
        // Nothing ever changes.
      }
    };
  }
}
