package io.linkspan.directory;

/**
 * Bus addresses of shards. An address is made of the node's id and the shard's index on it, so that
 * either can be read from it without asking anybody.
 */
public final class ShardAddress {

  private static final String PREFIX = "linkspan.shard.";

  private ShardAddress() {}

  /** Returns the address of a shard, given its node and its index on it. */
  public static String of(String node, int index) {
    return prefixOf(node) + index;
  }

  /** Returns the index of the shard on its node. */
  public static int indexOf(String address) {
    return Integer.parseInt(address, address.lastIndexOf('.') + 1, address.length(), 10);
  }

  /** Returns the id of the node that the shard is on. */
  public static String nodeOf(String address) {
    return address.substring(PREFIX.length(), address.lastIndexOf('.'));
  }

  /** Returns whether the shard is on this node. */
  public static boolean isOn(String node, String address) {
    return address.startsWith(prefixOf(node));
  }

  private static String prefixOf(String node) {
    return PREFIX + node + '.';
  }
}
