package io.linkspan.cluster;

/** Names of the maps and member attributes that all nodes of a cluster share. */
final class DirectoryNames {

  static final String SESSIONS = "linkspan.sessions";
  static final String USERS = "linkspan.users";
  static final String GROUPS = "linkspan.groups";

  /** Users without a session, and the shards that have their recent eventIds. */
  static final String PARKED = "linkspan.parked";

  /** Members that have announced that they leave. */
  static final String LEAVING = "linkspan.leaving";

  /** Entries that refuse clients, by their ids. */
  static final String REVOCATIONS = "linkspan.revocations";

  /** Logs of Messages, by their names. */
  static final String LOGS = "linkspan.logs";

  /** Member attribute: id of the gateway's node; absent where no clients are served. */
  static final String NODE = "linkspan.node";

  /** Member attribute: number of shards of the node. */
  static final String SHARDS = "linkspan.shards";

  private DirectoryNames() {}
}
