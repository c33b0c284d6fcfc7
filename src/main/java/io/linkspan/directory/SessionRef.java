package io.linkspan.directory;

/**
 * Where a session lives.
 *
 * @param session its public id
 * @param user whose it is
 * @param shard bus address of the shard that owns it
 */
public record SessionRef(String session, String user, String shard) {

  /** Id of the node that the shard is on. */
  public String node() {
    return ShardAddress.nodeOf(shard);
  }
}
