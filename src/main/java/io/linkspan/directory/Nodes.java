package io.linkspan.directory;

import java.util.List;
import java.util.stream.IntStream;

/** Lists the nodes that serve clients. Shared by all event loops. */
public interface Nodes {

  /**
   * A node.
   *
   * @param id as in bus addresses and events
   * @param shards number of shards, with indexes from 0
   */
  record Node(String id, int shards) {

    /** Returns the bus address that passes a Message to all concerned shards of the node. */
    public String address() {
      return addressOf(id);
    }

    /** Returns the bus address that passes a Message to the shards of the node with this id. */
    public static String addressOf(String node) {
      return "linkspan.node." + node;
    }

    /** Returns whether a bus address belongs to this node or one of its shards. */
    public boolean hosts(String address) {
      return address.equals(address()) || ShardAddress.isOn(id, address);
    }

    /** Returns the bus addresses of its shards. */
    public List<String> addresses() {
      return IntStream.range(0, shards).mapToObj(index -> ShardAddress.of(id, index)).toList();
    }
  }

  /** Receives changes of the membership, on any thread. */
  interface Listener {

    void joined(Node node);

    /** The node has left or was lost; its links are gone. */
    void left(Node node);

    /** This node was partitioned from the others and has rejoined them. */
    void merged();
  }

  /** Returns this node. */
  Node self();

  /** Returns all nodes, including this one, in the same order on each node. */
  List<Node> all();

  /** Returns the milliseconds without a heartbeat after which a node counts as lost. */
  default long givenUpAfter() {
    return Long.MAX_VALUE;
  }

  /** Adds a listener for later changes. */
  void watch(Listener listener);

  /** Returns the nodes of a standalone gateway. */
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
        // The membership never changes.
      }
    };
  }
}
