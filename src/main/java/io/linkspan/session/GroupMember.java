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

  /** Returns its groups with their positions. */
  Memberships memberships();

  /** Returns the groups that it is a member of. */
  default Set<String> groups() {
    return memberships().names();
  }

  /** Returns the replica that records its groups. */
  SessionReplica replica();
}
