package io.linkspan.directory;

/**
 * Reference to a session and its owner.
 *
 * @param session its public id
 * @param user of the session
 * @param shard bus address of the shard that owns it
 */
public record SessionRef(String session, String user, String shard) {

  /** Returns the id of the node that the shard is on. */
  public String node() {
    return ShardAddress.nodeOf(shard);
  }
}
