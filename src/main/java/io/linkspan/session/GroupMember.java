package io.linkspan.session;

import io.linkspan.directory.SessionRef;
import io.linkspan.session.replica.SessionReplica;
import java.util.Set;

/** A session as groups and events see it. */
interface GroupMember {

  /** Returns the id, the user and the shard. */
  SessionRef ref();

  /** Returns the name of the transport; null when the session never had a link here. */
  String transport();

  /** Returns the number that its client gave at the start or the end of its link, or null. */
  Long data();

  /** Returns the groups that it is a member of. */
  Set<String> groups();

  /** Adds a group; returns whether it was not a member yet. */
  boolean addGroup(String group);

  /** Removes a group; returns whether it was a member. */
  boolean removeGroup(String group);

  /** Returns the replica that records its groups. */
  SessionReplica replica();
}
