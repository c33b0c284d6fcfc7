package io.linkspan.cluster;

/** Names of the maps and member attributes that all nodes of a cluster share. */
final class DirectoryNames {

  static final String USERS = "linkspan.users";
  static final String GROUPS = "linkspan.groups";

  /** Seals of session ids, by their numbers. */
  static final String SEALS = "linkspan.seals";

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

  /** Member attribute: version of the directory's form; absent before the first change of it. */
  static final String FORM = "linkspan.directory";

  private DirectoryNames() {}
}
