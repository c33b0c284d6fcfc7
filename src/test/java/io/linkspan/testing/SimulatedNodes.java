package io.linkspan.testing;

import io.linkspan.directory.Nodes;
import java.util.ArrayList;
import java.util.List;

/** Nodes of a cluster as one of them sees it; a test changes the view. */
public final class SimulatedNodes implements Nodes {

  private final Node self;
  private final List<Node> all = new ArrayList<>();
  private final long givenUpAfter;

  /** Creates a view of nodes with one shard each, of which the first is this one. */
  public SimulatedNodes(long givenUpAfter, String self, String... others) {
    this.self = new Node(self, 1);
    this.givenUpAfter = givenUpAfter;
    all.add(this.self);
    for (String other : others) {
      all.add(new Node(other, 1));
    }
  }

  /** Removes a node from the view and returns it. */
  public Node remove(String id) {
    Node node = all.stream().filter(one -> one.id().equals(id)).findAny().orElseThrow();
    all.remove(node);
    return node;
  }

  /** Adds a node to the view and returns it. */
  public Node add(String id) {
    var node = new Node(id, 1);
    all.add(node);
    return node;
  }

  @Override
  public Node self() {
    return self;
  }

  @Override
  public List<Node> all() {
    return List.copyOf(all);
  }

  @Override
  public long givenUpAfter() {
    return givenUpAfter;
  }

  @Override
  public void watch(Listener listener) {
    // A test tells the object that it tests of changes.
  }
}
