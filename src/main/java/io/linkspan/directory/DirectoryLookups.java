package io.linkspan.directory;

import java.util.concurrent.atomic.LongAdder;

/** Counts the look-ups of a node in the directory. Shared by all event loops. */
public final class DirectoryLookups {

  final LongAdder local = new LongAdder();
  final LongAdder remembered = new LongAdder();
  final LongAdder remote = new LongAdder();
  final LongAdder failures = new LongAdder();

  /** Creates counters at zero. */
  public DirectoryLookups() {}

  /** Counts a look-up that this node answered, since it has the session itself. */
  public void answeredHere() {
    local.increment();
  }

  /** Counts a look-up that this node answered from memory. */
  public void answeredFromMemory() {
    remembered.increment();
  }

  /** Counts a look-up that the node with the entry answers. */
  public void askedCluster() {
    remote.increment();
  }

  /** Counts a look-up or a change that has failed. */
  public void failed() {
    failures.increment();
  }
}
